internal import CLibGit2
internal import Glibc

/// The connections that libgit2's transports run on: TCP, never blocking longer than their `NetworkOperation` lives.
///
/// https puts mbedTLS on top of one; ssh takes the descriptor out and gives it to libssh2 (see the shim).
enum SocketStream {
  private typealias Stream = UnsafeMutablePointer<flotilla_socket_stream>

  /// Puts these streams in the place of libgit2's own.
  static func register() -> Int32 {
    var registration = git_stream_registration()
    registration.version = GIT_STREAM_VERSION
    registration.`init` = { SocketStream.make($0, host: $1, port: $2) }
    return git_stream_register(GIT_STREAM_STANDARD, &registration)
  }

  // Ownership: libgit2 owns what is made here and gives it back through `free`, once, after `close`. It uses a stream
  // from one thread at a time. The retained operation is released in `free`.
  private static func make(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_stream>?>?, host: UnsafePointer<CChar>?,
    port: UnsafePointer<CChar>?
  ) -> Int32 {
    guard let out, let host, let port, let operation = NetworkOperation.current else {
      return fail("a connection outside of a fetch")
    }
    let stream = Stream.allocate(capacity: 1)
    stream.initialize(to: flotilla_socket_stream())
    stream.pointee.host = strdup(host)
    stream.pointee.port = strdup(port)
    stream.pointee.descriptor = -1
    stream.pointee.operation = Unmanaged.passRetained(operation).toOpaque()
    stream.pointee.parent.version = GIT_STREAM_VERSION
    stream.pointee.parent.connect = { SocketStream.connect(SocketStream.own($0)) }
    stream.pointee.parent.read = { SocketStream.read(SocketStream.own($0), $1, $2) }
    stream.pointee.parent.write = { stream, bytes, count, _ in
      SocketStream.write(SocketStream.own(stream), bytes, count)
    }
    stream.pointee.parent.close = { SocketStream.close(SocketStream.own($0)) }
    stream.pointee.parent.free = { SocketStream.free(SocketStream.own($0)) }
    // `parent` is the first member, so a pointer to the one is a pointer to the other.
    out.pointee = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_stream.self)
    return 0
  }

  private static func own(_ stream: UnsafeMutablePointer<git_stream>?) -> Stream? {
    // Only streams made above carry these functions.
    stream.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: flotilla_socket_stream.self) }
  }

  private static func operation(of stream: Stream) -> NetworkOperation? {
    stream.pointee.operation.map { Unmanaged<NetworkOperation>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func connect(_ stream: Stream?) -> Int32 {
    guard let stream, let operation = operation(of: stream), let host = stream.pointee.host,
      let port = stream.pointee.port
    else { return -1 }
    let endpoint = NetworkOperation.Endpoint(host: String(cString: host), port: String(cString: port))
    guard operation.allows(connectionTo: endpoint) else {
      return fail("cannot redirect to port \(endpoint.port) of \(endpoint.host)")
    }
    switch Connection.open(host: endpoint.host, port: port, for: operation) {
    case .success(let descriptor):
      stream.pointee.descriptor = descriptor
      return 0
    case .failure(let failure): return fail(failure.message)
    }
  }

  private static func read(_ stream: Stream?, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let stream, let operation = operation(of: stream) else { return -1 }
    while true {
      let received = recv(stream.pointee.descriptor, buffer, count, 0)
      if received >= 0 {
        operation.count(received: received)
        return received
      }
      guard shouldRetry(stream, awaiting: POLLIN, operation) else {
        return Int(fail("error receiving: \(lastError())"))
      }
    }
  }

  private static func write(_ stream: Stream?, _ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
    guard let stream, let operation = operation(of: stream) else { return -1 }
    while true {
      // Without MSG_NOSIGNAL a server that hangs up would end the process.
      let sent = send(stream.pointee.descriptor, bytes, count, Int32(MSG_NOSIGNAL))
      if sent >= 0 { return sent }
      guard shouldRetry(stream, awaiting: POLLOUT, operation) else {
        return Int(fail("error sending: \(lastError())"))
      }
    }
  }

  private static func shouldRetry(_ stream: Stream, awaiting event: Int32, _ operation: NetworkOperation) -> Bool {
    if errno == EINTR { return true }
    guard errno == EAGAIN else { return false }
    // Ends when the descriptor is ready or `stop` shuts it down.
    Connection.wait(for: event, on: stream.pointee.descriptor)
    return operation.stopped == nil
  }

  private static func close(_ stream: Stream?) -> Int32 {
    guard let stream, let operation = operation(of: stream), stream.pointee.descriptor >= 0 else { return 0 }
    operation.close(stream.pointee.descriptor)
    stream.pointee.descriptor = -1
    return 0
  }

  private static func free(_ stream: Stream?) {
    guard let stream else { return }
    _ = close(stream)
    Glibc.free(stream.pointee.host)
    Glibc.free(stream.pointee.port)
    if let operation = stream.pointee.operation { Unmanaged<NetworkOperation>.fromOpaque(operation).release() }
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  private static func fail(_ message: String) -> Int32 {
    git_error_set_str(Int32(GIT_ERROR_NET.rawValue), message)
    return -1
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
