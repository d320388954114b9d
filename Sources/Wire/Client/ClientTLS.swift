internal import Manifests
internal import NIOSSL
internal import Synchronization

/// How a client shows itself and by what it knows the hub. Can be changed while connections are open: each uses what is
/// current when it is made, and `HubChannel.outdated` tells when there is something newer.
public final class ClientTLS: Sendable {
  struct Material: Sendable {
    var identity: TLSIdentity?
    var trust: HubTrust
    /// Grows with each change.
    var generation: UInt64
  }

  private struct State {
    var material: Material
    var waiting: [UInt64: AsyncStream<Never>.Continuation] = [:]
    var nextWaiter: UInt64 = 0
  }
  private let state: Mutex<State>

  /// `identity` is nil for a client that has no certificate yet: it can enrol and nothing else.
  public init(identity: TLSIdentity?, trust: HubTrust) {
    state = Mutex(State(material: Material(identity: identity, trust: trust, generation: 0)))
  }

  /// Takes a new certificate, and perhaps new authorities, into use for connections from now on.
  public func update(identity: TLSIdentity?, trust: HubTrust) {
    let waiting = state.withLock { state in
      state.material = Material(identity: identity, trust: trust, generation: state.material.generation + 1)
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.finish() }
  }

  var current: Material { state.withLock { $0.material } }

  /// Returns once there is newer material than that generation's, or when this task is cancelled.
  func changed(since generation: UInt64) async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    let waiter: UInt64? = state.withLock { state in
      guard state.material.generation == generation else { return nil }
      defer { state.nextWaiter += 1 }
      state.waiting[state.nextWaiter] = continuation
      return state.nextWaiter
    }
    guard let waiter else { return }
    for await _ in stream {}
    state.withLock { state in _ = state.waiting.removeValue(forKey: waiter) }
  }
}

extension ClientTLS.Material {
  /// The context for a connection that verifies the hub's chain against these authorities.
  func context(authorities: [[UInt8]]) throws(FleetError) -> NIOSSLContext {
    guard !authorities.isEmpty else { throw FleetError(.tlsMaterial, "no authority for the hub's certificate") }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = trust.checksHostname ? .fullVerification : .noHostnameVerification
    configuration.trustRoots = .certificates(try [NIOSSLCertificate](derCertificates: authorities))
    if let identity {
      configuration.certificateChain = identity.chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(identity.key)
    }
    return try NIOSSLContext.make(configuration)
  }

  /// The context for a connection that only asks which certificates the hub shows. It shows none itself.
  static func lookingContext() throws(FleetError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    return try NIOSSLContext.make(configuration)
  }
}
