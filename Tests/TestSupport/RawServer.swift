import Dispatch
import Glibc
import Synchronization

/// A server on loopback that answers with whatever bytes a test wants, at the pace that it wants.
public final class RawServer: Sendable {
  /// One connection, after its request has been read.
  public struct Connection {
    public let request: String
    fileprivate let descriptor: Int32

    /// Writes text; false once the client is gone.
    @discardableResult
    public func send(_ text: String) -> Bool {
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }

    /// Returns when the client is gone.
    public func waitForEnd() {
      var byte: UInt8 = 0
      while recv(descriptor, &byte, 1, 0) > 0 {}
    }
  }

  struct Failure: Error {}

  public let port: Int
  private let listener: Int32
  private let queue = DispatchQueue(label: "raw-server", attributes: .concurrent)

  public init(_ answer: @escaping @Sendable (Connection) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        bind(listener, plain, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, plain, &length) == 0
      }
    }
    guard isBound else { throw Failure() }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    let queue = queue
    queue.async {
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        queue.async {
          answer(Connection(request: RawServer.readRequest(descriptor), descriptor: descriptor))
          close(descriptor)
        }
      }
    }
  }

  /// Lets nobody in any more. Connections end when their clients do.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// The head and the body of a request.
  private static func readRequest(_ descriptor: Int32) -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return text }
      text += String(decoding: buffer.prefix(count), as: UTF8.self)
      guard let head = text.firstRange(of: "\r\n\r\n") else { continue }
      let length = text.lowercased().firstMatch(of: /content-length: *([0-9]+)/).flatMap { Int($0.1) } ?? 0
      if text[head.upperBound...].utf8.count >= length { return text }
    }
  }
}
