import Authority
import Digests
import FleetModel
import Foundation
import LocalFleet
import Manifests
import NIOPosix
import Programs
import Testing
import Trust
import Wire

@Suite("The hub answers each certificate with what is its own, and no other one at all", .serialized)
struct CertificateTests {
  /// A hub with the keys it signs with at hand, as if somebody had taken them.
  fileprivate struct Door {
    let stage: Stage
    let keys: HubKeys

    init(_ stage: Stage) throws {
      self.stage = stage
      keys = try HubKeys.open("\(stage.machine.directory)/hub/keys", fleet: "sample")
    }

    func uid(of cluster: String) async throws -> ClusterUID {
      let shown = try await stage.fleet.ask { try await $0.getCluster(.init(name: cluster)) }.cluster
      return try #require(ClusterUID(wire: shown?.uid ?? []))
    }

    /// Asks the hub with a certificate that `authority` issued at an instant; nil shows none.
    func ask<Answer: Sendable>(
      as name: FleetIdentityName?, of authority: CertificateAuthority? = nil, issued: Timestamp = .now,
      lifetime: Duration = .seconds(600), _ question: @Sendable @escaping (HubChannel) async throws -> Answer
    ) async throws -> Answer {
      let key = try PrivateKey.generate(.ecdsaP256)
      let identity = try name.map { name in
        let certificate = try (authority ?? keys.authority).issue(
          name, for: key.publicKey, at: issued, lifetime: lifetime)
        return try TLSIdentity(certificateChain: [certificate.der], privateKey: .pem(try key.pem()))
      }
      let trust = HubTrust(anchor: .certificates([keys.authority.certificate.der]), fleet: "sample")
      return try await HubChannel.withConnection(
        to: HubAddress(host: "127.0.0.1", port: stage.fleet.hubPort), tls: ClientTLS(identity: identity, trust: trust),
        eventLoopGroup: .singletonMultiThreadedEventLoopGroup, question)
    }

    /// What the hub or TLS said no with; nil when it answered.
    func refusal(
      as name: FleetIdentityName?, of authority: CertificateAuthority? = nil, issued: Timestamp = .now,
      _ question: @Sendable @escaping (HubChannel) async throws -> Void
    ) async -> String? {
      do {
        try await ask(as: name, of: authority, issued: issued, question)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }

  private static let targets: @Sendable (HubChannel) async throws -> Void = { channel in
    _ = try await FlotillaV1.AgentClient(channel).getMetadata(.init(role: .targets), timeout: .seconds(5))
  }
  private static let listClusters: @Sendable (HubChannel) async throws -> Void = { channel in
    _ = try await FlotillaV1.OperatorClient(channel).listClusters(.init(), timeout: .seconds(5))
  }

  @Test("an agent's certificate opens its own view and nobody else's, and nothing that operators may ask")
  func otherClusters() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let door = try Door(stage)
      let (dev, prod) = (try await door.uid(of: "dev-1"), try await door.uid(of: "prod-1"))
      for uid in [dev, prod] {
        let view = try await door.ask(as: .cluster(uid)) { channel in
          try await FlotillaV1.AgentClient(channel).getMetadata(.init(role: .targets), timeout: .seconds(5))
        }
        let text = String(decoding: view.content, as: UTF8.self)
        #expect(text.contains(uid.rawValue))
        #expect(!text.contains((uid == dev ? prod : dev).rawValue))
      }
      // The bundle of prod-1, by its digest, as somebody who listened would know it.
      let bundle = try await door.bundle(of: prod)
      let own = try await door.pull(bundle, as: prod)
      #expect(!own.isEmpty)
      let refused = await door.refusal(as: .cluster(dev)) { channel in try await Door.pull(bundle, channel) }
      #expect(refused != nil)
      #expect(await door.refusal(as: .cluster(dev), CertificateTests.listClusters)?.contains("operator") == true)
      #expect(await door.refusal(as: .operator("admin"), CertificateTests.targets)?.contains("agent") == true)
    }
  }

  @Test("no certificate, an expired one, one not valid yet, and one of another authority get nothing but Enroll")
  func strangers() async throws {
    try await Stage.with { stage in
      try await stage.startClusters(["dev-1"])
      try await eventually("dev-1 runs the app") { stage.tag(on: "dev-1") == "1.0" }
      let door = try Door(stage)
      let dev = try await door.uid(of: "dev-1")
      let (targets, list) = (CertificateTests.targets, CertificateTests.listClusters)
      #expect(await door.refusal(as: .cluster(dev), targets) == nil)
      #expect(await door.refusal(as: .operator("admin"), list) == nil)

      #expect(await door.refusal(as: nil, targets) != nil)
      #expect(await door.refusal(as: nil, list) != nil)
      let enrolment = await door.refusal(as: nil) { channel in
        _ = try await FlotillaV1.EnrollmentClient(channel).enroll(.init(), timeout: .seconds(5))
      }
      #expect(enrolment?.contains("token") == true, "\(enrolment ?? "")")

      let yesterday = Timestamp.now - .seconds(86_400)
      #expect(await door.refusal(as: .cluster(dev), issued: yesterday, targets) != nil)
      #expect(await door.refusal(as: .operator("admin"), issued: yesterday, list) != nil)
      #expect(await door.refusal(as: .operator("admin"), issued: .now + .seconds(86_400), list) != nil)

      let foreign = try CertificateAuthority.make(fleet: "sample", at: .now)
      #expect(await door.refusal(as: .cluster(dev), of: foreign, targets) != nil)
      #expect(await door.refusal(as: .operator("admin"), of: foreign, list) != nil)
      let unknown = try #require(ClusterUID("c-unknown"))
      #expect(await door.refusal(as: .cluster(unknown), targets) != nil)
      #expect(await door.refusal(as: .operator("mallory"), list) != nil)
    }
  }
}

extension CertificateTests.Door {
  /// The digest of the bundle that a cluster's view names.
  fileprivate func bundle(of cluster: ClusterUID) async throws -> Digest {
    let view = try await ask(as: .cluster(cluster)) { channel in
      try await FlotillaV1.AgentClient(channel).getMetadata(.init(role: .targets), timeout: .seconds(5))
    }
    let text = String(decoding: view.content, as: UTF8.self)
    let hex = try #require(text.firstMatch(of: /bundle\.json":\{.*?"sha256":"([0-9a-f]{64})"/)).1
    return try #require(Digest(hex: String(hex)))
  }

  fileprivate func pull(_ digest: Digest, as cluster: ClusterUID) async throws -> [UInt8] {
    try await ask(as: .cluster(cluster)) { channel in try await CertificateTests.Door.pull(digest, channel) }
  }

  @discardableResult
  fileprivate static func pull(_ digest: Digest, _ channel: HubChannel) async throws -> [UInt8] {
    let wanted = FlotillaV1.BlobWanted(sha256: Array(digest.bytes), offset: 0)
    return try await FlotillaV1.AgentClient(channel).getBlobs(.init(blobs: [wanted])) { chunks in
      var bytes: [UInt8] = []
      for try await chunk in chunks { bytes += chunk.data }
      return bytes
    }
  }
}
