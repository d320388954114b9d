import Authority
import FleetModel
import HubSite
import Manifests
import NIOPosix
import Programs
import TestSupport
import Testing
import Trust
import Wire

@testable import AgentCore

@Suite("An agent's certificate stays young, and comes back when it has run out", .timeLimit(.minutes(8)))
struct RenewCertificateTests {
  private func renewal(
    _ state: StateDirectory, now: @escaping @Sendable () -> Timestamp = { .now }, random: Double = 0
  ) -> CertificateRenewal {
    CertificateRenewal(
      state: state, logger: Fixtures.logger, clock: now, random: { random },
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
  }

  private func enrolled(
    _ body: @escaping @Sendable (HubStand, StateDirectory, AgentIdentity) async throws -> Void
  ) async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      try await body(stand, state, try await stand.enrolment(state).enroll(token: try await stand.token()))
    }
  }

  /// Whether the hub takes this identity for what it is.
  private func isLetIn(_ identity: AgentIdentity, _ stand: HubStand) async throws -> Bool {
    try await stand.connect(identity) { channel in
      _ = try await FlotillaV1.EnrollmentClient(channel).renew(
        .init(csr: try CertificateRequest(for: try PrivateKey.generate(.ecdsaP256)).der))
      return true
    }
  }

  @Test("it is due at half of its life, or up to a tenth of it later, and expired at its end")
  func due() async throws {
    try await enrolled { _, state, identity in
      let certificate = try identity.certificate()
      let life = certificate.notAfter.since(certificate.notBefore)
      #expect(renewal(state, random: 0).due(certificate) == certificate.notBefore + life / 2)
      #expect(renewal(state, random: 1).due(certificate) == certificate.notBefore + life / 2 + life / 10)
      let end = certificate.notAfter
      #expect(try !renewal(state, now: { end - .milliseconds(1) }).hasExpired(identity))
      #expect(try renewal(state, now: { end }).hasExpired(identity))
    }
  }

  @Test("a renewal brings a new key and certificate for the same agent, on disk when it is used")
  func renewed() async throws {
    try await enrolled { stand, state, identity in
      let renewed = try await stand.connect(identity) { try await renewal(state).renew(identity, over: $0) }
      #expect(renewed.tlsKey.publicKey != identity.tlsKey.publicKey)
      #expect(renewed.reportKey.publicKey == identity.reportKey.publicKey)
      #expect(try renewed.certificate().identity() == identity.certificate().identity())
      #expect(try AgentIdentity(in: state)?.tlsKey.publicKey == renewed.tlsKey.publicKey)
      #expect(try await isLetIn(renewed, stand))
    }
  }

  @Test("an agent whose certificate has expired shows with its report key who it is")
  func challenge() async throws {
    try await enrolled { stand, state, identity in
      // It has no use for the old certificate on this way.
      let without = identity.renewed(
        chain: [], authorities: identity.authorities, tlsKey: try PrivateKey.generate(.ecdsaP256))
      let renewed = try await renewal(state).renewByChallenge(without)
      #expect(try AgentIdentity(in: state)?.tlsKey.publicKey == renewed.tlsKey.publicKey)
      #expect(try await isLetIn(renewed, stand))
    }
  }

  @Test("another report key gets no certificate, and what is on disk stays")
  func wrongReportKey() async throws {
    try await enrolled { _, state, identity in
      let stranger = AgentIdentity(
        fleet: identity.fleet, cluster: identity.cluster, hub: identity.hub, chain: identity.chain,
        authorities: identity.authorities, tlsKey: identity.tlsKey, reportKey: try PrivateKey.generate(.ed25519))
      let error = try await refusal { _ = try await renewal(state).renewByChallenge(stranger) }
      #expect(error?.code == .badSignature)
      #expect(try AgentIdentity(in: state)?.tlsKey.publicKey == identity.tlsKey.publicKey)
    }
  }

  @Test("an answer that is not this agent's is refused, and what is on disk stays")
  func wrongAnswer() async throws {
    try await enrolled { stand, state, identity in
      let authority = stand.site.keys.authority
      let other = try #require(ClusterUID("c-other"))
      let foreignKey = try PrivateKey.generate(.ecdsaP256).publicKey
      let forgeries: [@Sendable (PublicKey) throws -> [UInt8]?] = [
        { try authority.issue(.cluster(other), for: $0, at: .now, lifetime: .seconds(60)).der },
        { _ in try authority.issue(.cluster(identity.cluster), for: foreignKey, at: .now, lifetime: .seconds(60)).der },
        { _ in [1, 2, 3] },
        { _ in nil },
      ]
      for forgery in forgeries {
        stand.meddling.changeCredentials { credentials, csr in
          let forged = (try? CertificateRequest(der: csr).publicKey).flatMap { try? forgery($0) }
          credentials.certificateChain = forged.map { [$0] } ?? []
        }
        let error = try await refusal {
          _ = try await stand.connect(identity) { try await renewal(state).renew(identity, over: $0) }
        }
        #expect(error?.code == .invalidCertificate)
        #expect(try AgentIdentity(in: state)?.tlsKey.publicKey == identity.tlsKey.publicKey)
      }
      stand.meddling.stop()
      _ = try await stand.connect(identity) { try await renewal(state).renew(identity, over: $0) }
    }
  }
}
