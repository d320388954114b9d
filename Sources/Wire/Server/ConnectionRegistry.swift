internal import Manifests
internal import NIOCore
internal import Synchronization
internal import Trust

/// The server's live connections, by a number that is never used twice.
///
/// gRPC tells a call's peer only by its address, and an address can pass to the next client while a call of the one
/// before is still on its way to its handler. So each stream carries its connection's number (see `StreamTagger`).
final class ConnectionRegistry: Sendable {
  /// What is known of a connection's client.
  enum Client: Sendable {
    /// The handshake is not over.
    case unknown
    /// It showed no certificate.
    case anonymous
    case identified(Peer)
    /// Its certificate is no identity here, or was turned away already at the handshake.
    case unusable(FleetError)

    var peer: Peer? { if case .identified(let peer) = self { peer } else { nil } }
  }

  struct Connection: Sendable {
    let channel: any Channel
    var client: Client
  }

  private struct State {
    var nextNumber: UInt64 = 1
    var connections: [UInt64: Connection] = [:]
    var countByIdentity: [PeerIdentity: Int] = [:]
  }

  private let state = Mutex(State())
  private let limits: WireServer.Limits

  init(limits: WireServer.Limits) { self.limits = limits }

  /// A number for a new connection, or nil when there are too many.
  func accept(_ channel: any Channel) -> UInt64? {
    let number: UInt64? = state.withLock { state in
      guard state.connections.count < limits.connections else { return nil }
      defer { state.nextNumber += 1 }
      state.connections[state.nextNumber] = Connection(channel: channel, client: .unknown)
      return state.nextNumber
    }
    if let number { channel.closeFuture.whenComplete { [self] _ in remove(number) } }
    return number
  }

  /// Notes who the client is; false when that identity has too many connections.
  func note(_ number: UInt64, _ client: Client) -> Bool {
    state.withLock { state in
      guard state.connections[number] != nil else { return false }
      if let identity = client.peer?.identity {
        guard state.countByIdentity[identity, default: 0] < limits.connectionsPerIdentity else { return false }
        state.countByIdentity[identity, default: 0] += 1
      }
      state.connections[number]?.client = client
      return true
    }
  }

  private func remove(_ number: UInt64) {
    state.withLock { state in
      guard let identity = state.connections.removeValue(forKey: number)?.client.peer?.identity else { return }
      guard let count = state.countByIdentity[identity] else { return }
      state.countByIdentity[identity] = count > 1 ? count - 1 : nil
    }
  }

  func connection(_ number: UInt64) -> Connection? { state.withLock { $0.connections[number] } }

  var count: Int { state.withLock { $0.connections.count } }

  /// Closes every connection there is now.
  func closeAll() {
    for connection in state.withLock({ Array($0.connections.values) }) {
      connection.channel.close(mode: .all, promise: nil)
    }
  }

  /// Closes the connections of the clients that the condition names, and says how many those were.
  @discardableResult
  func close(where condition: (Peer) -> Bool) -> Int {
    // The condition is the caller's code: it runs outside the lock.
    let identified = state.withLock { $0.connections.values.filter { $0.client.peer != nil } }
    let doomed = identified.filter { $0.client.peer.map(condition) ?? false }
    for connection in doomed { connection.channel.close(mode: .all, promise: nil) }
    return doomed.count
  }
}
