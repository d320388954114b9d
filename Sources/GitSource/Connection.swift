internal import Glibc

/// Opens TCP connections that a stopped operation gives up.
enum Connection {
  struct Failure: Error {
    let message: String
  }

  /// A connected descriptor in non-blocking mode, adopted by the operation.
  ///
  /// Asks for the name with getaddrinfo, which nothing can interrupt; the resolver's own timeouts bound it.
  static func open(
    host: String, port: UnsafePointer<CChar>?, for operation: NetworkOperation
  ) -> Result<Int32, Failure> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, port, &hints, &list)
    guard code == 0 else {
      return .failure(Failure(message: "failed to resolve address for \(host): \(String(cString: gai_strerror(code)))"))
    }
    defer { freeaddrinfo(list) }
    var failure = Failure(message: "no address for \(host)")
    for address in sequence(first: list, next: { $0?.pointee.ai_next }) {
      guard let address else { continue }
      switch connect(to: address.pointee, for: operation) {
      case .success(let descriptor): return .success(descriptor)
      case .failure(let error): failure = Failure(message: "failed to connect to \(host): \(error.message)")
      }
    }
    return .failure(failure)
  }

  private static func connect(to address: addrinfo, for operation: NetworkOperation) -> Result<Int32, Failure> {
    let type = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, type, address.ai_protocol)
    guard descriptor >= 0 else { return .failure(Failure(message: String(cString: strerror(errno)))) }
    guard operation.adopt(descriptor) else {
      close(descriptor)
      return .failure(Failure(message: "the fetch was stopped"))
    }
    if let error = establish(descriptor, address, operation) {
      operation.close(descriptor)
      return .failure(Failure(message: error))
    }
    return .success(descriptor)
  }

  /// The error, or nil when the connection stands.
  private static func establish(
    _ descriptor: Int32, _ address: addrinfo, _ operation: NetworkOperation
  ) -> String? {
    if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
    guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
    let end = ContinuousClock.now + operation.limits.silence
    while true {
      if operation.stopped != nil { return "the fetch was stopped" }
      if ContinuousClock.now > end { return "no answer in \(operation.limits.silence)" }
      if wait(for: POLLOUT, on: descriptor, atMost: 100) { break }
    }
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
    return error == 0 ? nil : String(cString: strerror(error))
  }

  /// Waits until the descriptor is ready or broken; false when the time, in milliseconds, is over first.
  @discardableResult
  static func wait(for event: Int32, on descriptor: Int32, atMost milliseconds: Int32 = -1) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return poll(&request, 1, milliseconds) > 0
  }
}
