import Authority
import Digests
import FleetModel
import Foundation
import HubSite
import Manifests
import NIOPosix
import Programs
import TestSupport
import Testing
import Trust
import Wire

@testable import AgentCore

@Suite("An agent turns a join token into an identity, once", .timeLimit(.minutes(8)))
struct EnrollAgentTests {
  private func files(_ state: StateDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: state.path).filter { $0 != "blobs" }.sorted()
  }

  @Test("the identity is on disk with the root that the token names, and the keys of the attempt are gone")
  func enrolled() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      let identity = try await stand.enrolment(state).enroll(token: try await stand.token())
      let stored = try #require(try AgentIdentity(in: state))
      #expect(stored.cluster == identity.cluster)
      #expect(stored.fleet == "small")
      #expect(stored.hub.port == stand.port)
      #expect(stored.reportKey.publicKey == identity.reportKey.publicKey)
      #expect(try stored.certificate().publicKey == identity.tlsKey.publicKey)
      #expect(try files(state) == ["identity.json", "root.json"])
    }
  }

  @Test("when the answer is lost, the same keys ask again and get in; for any other keys the token is used")
  func answerLost() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      let token = try await stand.token()
      stand.meddling.loseAnswers(1)
      let lost = try await refusal { _ = try await stand.enrolment(state).enroll(token: token) }
      #expect(lost?.code == .unavailable)
      #expect(try files(state) == ["enrolling.json"])

      let thief = try stand.state("thief")
      let refused = try await refusal { _ = try await stand.enrolment(thief).enroll(token: token) }
      #expect("\(try #require(refused))".contains("token"))
      #expect(try AgentIdentity(in: thief) == nil)

      let identity = try await stand.enrolment(state).enroll(token: token)
      let requests = stand.meddling.enrolments
      #expect(requests.count == 2)
      #expect(Set(requests.map(\.reportKey)).count == 1)
      #expect(Set(try requests.map { try CertificateRequest(der: $0.csr).publicKey.spkiDigest }).count == 1)
      #expect(try identity.certificate().publicKey == CertificateRequest(der: requests[0].csr).publicKey)
    }
  }

  @Test("a hub that is not the one of the token learns nothing and gives nothing")
  func anotherHub() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      let token = try await stand.token { $0.authority = Digest(of: [1]) }
      #expect(try await refusal { _ = try await stand.enrolment(state).enroll(token: token) } != nil)
      #expect(stand.meddling.enrolments.isEmpty)
      #expect(try AgentIdentity(in: state) == nil)
    }
  }

  @Test("a root of trust other than the token's is refused, and leaves no identity")
  func anotherRoot() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      stand.meddling.changeCredentials { credentials, _ in credentials.rootMetadata[0] ^= 1 }
      let token = try await stand.token()
      #expect(try await refusal { _ = try await stand.enrolment(state).enroll(token: token) } != nil)
      #expect(try files(state) == ["enrolling.json"])
      stand.meddling.stop()
      _ = try await stand.enrolment(state).enroll(token: token)
      #expect(try AgentIdentity(in: state) != nil)
    }
  }

  @Test("a certificate of another cluster is refused, though the right authority made it")
  func anotherCluster() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      let authority = stand.site.keys.authority
      stand.meddling.changeCredentials { credentials, csr in
        guard let key = try? CertificateRequest(der: csr).publicKey, let other = ClusterUID("c-other") else { return }
        let forged = try? authority.issue(.cluster(other), for: key, at: .now, lifetime: .seconds(60))
        credentials.certificateChain = forged.map { [$0.der] } ?? []
      }
      let token = try await stand.token()
      let error = try await refusal { _ = try await stand.enrolment(state).enroll(token: token) }
      #expect(error?.code == .invalidCertificate)
      #expect(try AgentIdentity(in: state) == nil)
    }
  }

  @Test("what is no token is refused before a key is made", arguments: ["", "nonsense", "flotilla-1.AAAA"])
  func noToken(text: String) async throws {
    try await withTemporaryDirectory { directory in
      let state = StateDirectory(path: directory, files: HostFileSystem())
      let enrolment = EnrollAgent(
        state: state, version: "0.1.0", eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: Fixtures.logger)
      let error = try await refusal { _ = try await enrolment.enroll(token: text) }
      #expect(error?.code == .invalidToken)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test("keys of an attempt that cannot be read are an error that names the file, and are not replaced")
  func damagedKeys() async throws {
    try await HubStand.with { stand in
      let state = try stand.state("dev-1")
      try state.write("enrolling.json", Array("{}".utf8))
      let token = try await stand.token()
      let error = try await refusal { _ = try await stand.enrolment(state).enroll(token: token) }
      #expect(error?.address.file == "enrolling.json")
      #expect(try state.read("enrolling.json") == Array("{}".utf8))
      #expect(stand.meddling.enrolments.isEmpty)
    }
  }
}
