internal import CLibGit2
internal import Glibc
internal import Manifests
internal import Synchronization

/// One fetch under way: its bounds, its open connections, and the means to end it from another thread.
///
/// libgit2 1.5 has no timeouts. Its connections are ours (`SocketStream`), so that shutting them down makes whatever call
/// it is blocked in return; between calls its progress callbacks ask `isStopped`.
final class NetworkOperation: Sendable {
  /// Why a fetch was ended before its time.
  enum Stop: Sendable {
    case deadline
    case silence
    case cancelled
    case bytes
    case objects
  }

  /// A host and port, as libgit2 spells them.
  struct Endpoint: Hashable, Sendable {
    let host: String
    let port: String
  }

  private struct State {
    var stop: Stop?
    /// Where the first connection went, which is where our settings say.
    var endpoint: Endpoint?
    var descriptors: [Int32] = []
    var received: UInt64 = 0
    /// When libgit2 last showed that it is at work on what has arrived.
    var lastProgress: ContinuousClock.Instant
  }

  let limits: FetchLimits
  private let deadline: ContinuousClock.Instant
  private let state: Mutex<State>

  init(limits: FetchLimits) {
    let now = ContinuousClock.now
    self.limits = limits
    deadline = now + limits.total
    state = Mutex(State(lastProgress: now))
  }

  var stopped: Stop? { state.withLock { $0.stop } }

  /// Ends the operation; the first reason stays.
  func stop(_ reason: Stop) {
    state.withLock { state in
      guard state.stop == nil else { return }
      state.stop = reason
      for descriptor in state.descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Whether a connection may be made: all of an operation's go where its first one went.
  ///
  /// libgit2 follows a redirect to another port of the same host, and takes the token along.
  func allows(connectionTo endpoint: Endpoint) -> Bool {
    state.withLock { state in
      let first = state.endpoint ?? endpoint
      state.endpoint = first
      return first == endpoint
    }
  }

  /// Takes charge of a connection; false when the operation has been stopped.
  func adopt(_ descriptor: Int32) -> Bool {
    state.withLock { state in
      guard state.stop == nil else { return false }
      state.descriptors.append(descriptor)
      return true
    }
  }

  /// Closes a connection under the lock, so that `stop` never meets a descriptor that already means something else.
  func close(_ descriptor: Int32) {
    state.withLock { state in
      state.descriptors.removeAll { $0 == descriptor }
      _ = Glibc.close(descriptor)
    }
  }

  /// Counts bytes off the network.
  func count(received bytes: Int) {
    let total = state.withLock { state in
      state.received += UInt64(max(0, bytes))
      return state.received
    }
    if total > limits.bytes { stop(.bytes) }
  }

  /// Notes what a fetch has brought so far; false when it must end.
  func goesOn(objects: Int, bytes: UInt64) -> Bool {
    state.withLock { $0.lastProgress = .now }
    if objects > limits.objects { stop(.objects) }
    if bytes > limits.bytes { stop(.bytes) }
    if ContinuousClock.now > deadline { stop(.deadline) }
    return stopped == nil
  }

  /// Watches the bounds until the operation is stopped or the calling task is cancelled.
  func supervise() async {
    while !Task.isCancelled, stopped == nil {
      try? await Task.sleep(for: min(.milliseconds(250), limits.silence, limits.total))
      if ContinuousClock.now > deadline { stop(.deadline) }
      if isSilent { stop(.silence) }
    }
  }

  private var isSilent: Bool {
    state.withLock { state in
      guard !state.descriptors.isEmpty, ContinuousClock.now - state.lastProgress > limits.silence else { return false }
      return state.descriptors.allSatisfy { descriptor in
        .milliseconds(flotilla_milliseconds_since_data(descriptor)) > limits.silence
      }
    }
  }
}

extension NetworkOperation {
  /// The operation that this thread works for: libgit2 opens connections without saying for whom.
  static var current: NetworkOperation? {
    guard let key = ThreadKey.operation.key, let pointer = pthread_getspecific(key) else { return nil }
    // `asCurrent` keeps the object alive for as long as the pointer is set on this thread.
    return Unmanaged<NetworkOperation>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Runs `body` with this operation as the thread's own.
  func asCurrent<Value>(_ body: () throws(FleetError) -> Value) throws(FleetError) -> Value {
    guard let key = ThreadKey.operation.key else {
      throw FleetError(.gitUnsupported, "the system has no thread-local storage left")
    }
    pthread_setspecific(key, Unmanaged.passUnretained(self).toOpaque())
    defer {
      pthread_setspecific(key, nil)
      withExtendedLifetime(self) {}
    }
    return try body()
  }
}

private struct ThreadKey {
  static let operation = ThreadKey()
  let key: pthread_key_t?

  init() {
    var made = pthread_key_t()
    key = pthread_key_create(&made, nil) == 0 ? made : nil
  }
}

extension NetworkOperation.Stop {
  /// What the operator reads.
  func error(_ limits: FetchLimits, at location: RepositoryLocation) -> FleetError {
    switch self {
    case .deadline:
      FleetError(
        .gitDeadline, "the fetch from \(location) took longer than \(limits.total)",
        nextStep: "raise the fetch's total time if the repository is large and the line slow")
    case .silence:
      FleetError(
        .gitDeadline, "\(location) sent nothing for \(limits.silence)",
        nextStep: "see whether the server answers other clients")
    case .cancelled: FleetError(.gitCancelled, "the fetch from \(location) was cancelled")
    case .bytes:
      FleetError(
        .gitTooLarge, "\(location) sent more than \(limits.bytes) bytes",
        nextStep: "raise the fetch's limit of bytes if the repository really is that large")
    case .objects:
      FleetError(
        .gitTooLarge, "\(location) sent more than \(limits.objects) objects",
        nextStep: "raise the fetch's limit of objects if the repository really is that large")
    }
  }
}
