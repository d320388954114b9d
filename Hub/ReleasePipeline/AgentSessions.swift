public import FleetModel
import Synchronization

/// Who is connected right now, and how each of them is told something.
///
/// One cluster has one session: a newer one replaces the older. Nothing here waits for an agent; what a session cannot
/// take at once is merged, for every message only says "look again".
public final class AgentSessions: Sendable {
  /// What the hub says to an agent of its own accord.
  public enum Message: Sendable, Hashable {
    case metadataChanged(timestampVersion: Int64)
    case refreshReport
    case closing(Closing)
  }

  /// Why the hub ends a session.
  public enum Closing: Sendable, Hashable {
    case hubStopping
    case replaced
    case revoked
  }

  /// What happened to the connection of a cluster.
  public enum Change: Sendable, Hashable {
    case connected(ClusterUID)
    case disconnected(ClusterUID)
  }

  private struct Session {
    var number: UInt64
    var continuation: AsyncStream<Message>.Continuation
  }

  private struct State {
    var sessions: [ClusterUID: Session] = [:]
    var next: UInt64 = 0
    var isStopping = false
  }

  private let state = Mutex(State())
  private let changed: @Sendable (Change) -> Void

  /// Messages waiting for one agent; all but the newest of a kind are superfluous, so few are enough.
  private static let buffered = 8

  /// `changed` is called, in order, whenever a cluster's first session begins or its last one ends.
  public init(changed: @escaping @Sendable (Change) -> Void) {
    self.changed = changed
  }

  /// Begins a session; the stream ends when the session is replaced or closed. `end` must be called when it is over.
  public func begin(_ cluster: ClusterUID) -> (number: UInt64, messages: AsyncStream<Message>) {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Message.self, bufferingPolicy: .bufferingNewest(AgentSessions.buffered))
    let (number, former, stopping) = state.withLock { state in
      state.next += 1
      let former = state.sessions.updateValue(Session(number: state.next, continuation: continuation), forKey: cluster)
      if former == nil { changed(.connected(cluster)) }
      return (state.next, former, state.isStopping)
    }
    former.map { close($0, .replaced) }
    if stopping {
      continuation.yield(.closing(.hubStopping))
      continuation.finish()
    }
    return (number, stream)
  }

  /// Ends a session; one that was replaced meanwhile changes nothing.
  public func end(_ cluster: ClusterUID, number: UInt64) {
    state.withLock { state in
      guard state.sessions[cluster]?.number == number else { return }
      state.sessions[cluster] = nil
      changed(.disconnected(cluster))
    }
  }

  /// Tells a cluster's agent something, if it is connected.
  public func tell(_ cluster: ClusterUID, _ message: Message) {
    _ = state.withLock { $0.sessions[cluster]?.continuation.yield(message) }
  }

  /// Closes a cluster's session, if there is one.
  public func close(_ cluster: ClusterUID, _ closing: Closing) {
    if let session = state.withLock({ $0.sessions[cluster] }) { close(session, closing) }
  }

  /// Closes all sessions, and every one that begins from now on: the hub stops.
  public func closeAll() {
    let sessions = state.withLock { state in
      state.isStopping = true
      return Array(state.sessions.values)
    }
    for session in sessions { close(session, .hubStopping) }
  }

  public func isConnected(_ cluster: ClusterUID) -> Bool { state.withLock { $0.sessions[cluster] != nil } }

  public var connected: Set<ClusterUID> { state.withLock { Set($0.sessions.keys) } }

  private func close(_ session: Session, _ closing: Closing) {
    session.continuation.yield(.closing(closing))
    session.continuation.finish()
  }
}
