import FleetModel
import Logging
import Manifests
import NIOCore
import Trust
import Wire

/// Keeps the agent's certificate young: a new key and certificate at half of the old one's life, without a restart; by
/// a challenge when it has run out.
struct CertificateRenewal: Sendable {
  let state: StateDirectory
  let logger: Logger
  let clock: @Sendable () -> Timestamp
  let random: @Sendable () -> Double
  let eventLoopGroup: any EventLoopGroup

  /// Tries again after this when the hub cannot renew now.
  static let retryInterval: Duration = .seconds(30)

  /// When to renew: at half of the certificate's life, up to a tenth of it later, so that a fleet does not come at once.
  func due(_ certificate: Certificate) -> Timestamp {
    let life = certificate.notAfter.since(certificate.notBefore)
    return certificate.notBefore + life / 2 + (life / 10) * random()
  }

  func hasExpired(_ identity: AgentIdentity) throws(FleetError) -> Bool {
    try identity.certificate().notAfter <= clock()
  }

  /// Renews over a connection made with the present certificate.
  func renew(_ identity: AgentIdentity, over channel: HubChannel) async throws -> AgentIdentity {
    let key = try PrivateKey.generate(.ecdsaP256)
    let request = try CertificateRequest(for: key)
    let answer = try await FlotillaV1.EnrollmentClient(channel).renew(.init(csr: request.der))
    return try take(answer.credentials, key, identity)
  }

  /// Renews with a signature of the report key, over a connection without a certificate.
  func renewByChallenge(_ identity: AgentIdentity) async throws -> AgentIdentity {
    let key = try PrivateKey.generate(.ecdsaP256)
    let request = try CertificateRequest(for: key)
    let tls = ClientTLS(identity: nil, trust: identity.trust)
    let answer = try await HubChannel.withConnection(
      to: identity.hub, tls: tls, eventLoopGroup: eventLoopGroup
    ) { channel in
      let hub = FlotillaV1.EnrollmentClient(channel)
      let uid = identity.cluster.wireBytes
      let challenge = try await hub.requestChallenge(.init(clusterUID: uid)).challenge
      let statement = RenewalStatement.bytes(challenge: challenge, request: request.der)
      return try await hub.renewByChallenge(
        .init(
          clusterUID: uid, challenge: challenge, csr: request.der,
          signature: try identity.reportKey.signature(of: statement)))
    }
    return try take(answer.credentials, key, identity)
  }

  private func take(
    _ credentials: FlotillaV1.Credentials?, _ key: PrivateKey, _ identity: AgentIdentity
  ) throws(FleetError) -> AgentIdentity {
    guard let credentials else { throw FleetError(.invalidRequest, "the hub's answer has no certificate") }
    let renewed = identity.renewed(
      chain: credentials.certificateChain,
      authorities: credentials.hubCA.isEmpty ? identity.authorities : credentials.hubCA, tlsKey: key)
    let certificate = try renewed.certificate()
    guard try certificate.identity() == PeerIdentity(fleet: identity.fleet, name: .cluster(identity.cluster)),
      certificate.publicKey == key.publicKey
    else { throw FleetError(.invalidCertificate, "the renewed certificate is not this agent's") }
    try renewed.store(in: state)
    logger.info("certificate renewed", metadata: ["not_after": "\(certificate.notAfter)"])
    return renewed
  }
}
