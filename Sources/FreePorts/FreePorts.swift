import Glibc
public import Manifests
import Synchronization

/// TCP ports of loopback for servers that are told their port before they start.
///
/// A port that the system hands out (one bound as port 0 and let go of) is taken for the next outgoing connection, or for
/// the next who asks, before its server starts or while it is down. So these come from below the system's range of
/// connections, and none is given twice by one process.
public enum FreePorts {
  /// Linux gives connections ports from 32768 on (net.ipv4.ip_local_port_range); those of well-known services are below.
  private static let range = 15_000..<32_768
  /// A machine on which so many in a row are taken has none to give.
  private static let attempts = 1_000
  private static let given = Mutex<Set<Int>>([])

  /// A port that nobody listens on now. Throws `noFreePort` when none can be found.
  public static func one() throws(FleetError) -> Int {
    for _ in 0..<attempts {
      let port = Int.random(in: range)
      let isNew = given.withLock { $0.insert(port).inserted }
      if isNew && isFree(port) { return port }
    }
    throw FleetError(
      .noFreePort, "no port is free on 127.0.0.1", nextStep: "end what listens on ports from \(range.lowerBound) on")
  }

  /// Whether it can be bound. One that connections of an earlier server linger on cannot.
  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        bind(descriptor, plain, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

extension FleetError.Code {
  /// No port of loopback is free.
  public static let noFreePort = FleetError.Code("no-free-port")
}
