import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Published metadata is signed, listed and dated as trust demands")
struct SignedMetadataTests {
  private static func bundle(_ cluster: String = "c-1", apps: [FleetModel.Bundle.App] = []) -> FleetModel.Bundle {
    FleetModel.Bundle(
      fleet: "acme", cluster: uid(cluster), bundleSeq: 1, prevSeq: 0,
      minAgent: SemanticVersion(major: 0, minor: 1, patch: 0), notBefore: TestHub.now, apps: apps, removed: [])
  }

  private func view(
    _ hub: TestHub, _ connectivity: ClusterDeclaration.Connectivity = .connected
  ) throws -> MetadataSigner.SignedView {
    let bundle = Self.bundle()
    return try hub.keys.signer.sign(
      bundle, bytes: bundle.canonicalBytes, .init(targets: 4, snapshot: 5, timestamp: 6),
      MetadataSigner.Expiry(connectivity), at: TestHub.now)
  }

  private func signed(_ file: [UInt8]) throws -> Value { try #require(try JSON.parse(file, file: "f")["signed"]) }

  @Test("openssl verifies the signature of every published file with the key that root lists")
  func openssl() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let view = try view(hub)
      let keys = try #require(try signed(hub.created.root)["keys"])
      for (name, file) in [
        ("root", hub.created.root), ("timestamp", view.timestamp), ("snapshot", view.snapshot),
        ("targets", view.targets),
      ] {
        let value = try JSON.parse(file, file: name)
        let signature = try #require(value["signatures"]?.array?.first)
        let keyid = try #require(signature["keyid"]?.string)
        let text = try #require(keys[keyid]?["keyval"]?["public"]?.string)
        let raw = try #require([UInt8](hexText: text))
        // RFC 8410: the head of an Ed25519 key in DER.
        let head: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
        try hub.write(head + raw, to: "key.der")
        let signatureText = try #require(signature["sig"]?.string)
        try hub.write(try #require([UInt8](hexText: signatureText)), to: "signature")
        // No text of published metadata has a character that the two canonical forms write differently.
        let content = JSON.canonical(try #require(value["signed"]))
        try hub.write(content, to: "content")
        let command = [
          "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "content",
          "-sigfile",
          "signature",
        ]
        let verdict = try runProgram("openssl", command, in: folder)
        #expect(verdict.text.contains("Signature Verified Successfully"), "\(name): \(verdict.text)")
        try hub.write(content + [0x20], to: "content")
        #expect(try runProgram("openssl", command, in: folder).status != 0)
      }
    }
  }

  @Test(
    "targets and snapshot live 90 days, air-gapped 365; timestamps 7, 30 and 90",
    arguments: [
      (ClusterDeclaration.Connectivity.connected, Int64(90), Int64(7)), (.edge, 90, 30), (.airgapped, 365, 90),
    ])
  func expiry(connectivity: ClusterDeclaration.Connectivity, targetDays: Int64, timestampDays: Int64) async throws {
    try await withTemporaryDirectory { folder in
      let view = try view(try TestHub(in: folder), connectivity)
      for (file, days) in [(view.targets, targetDays), (view.snapshot, targetDays), (view.timestamp, timestampDays)] {
        let expires = try #require(try signed(file)["expires"]?.string)
        #expect(expires == (TestHub.now + .seconds(days * 86_400)).description)
      }
    }
  }

  @Test("the root lives a year, has one online key for snapshot and timestamp, and another key for targets")
  func root() async throws {
    try await withTemporaryDirectory { folder in
      let root = try signed(try TestHub(in: folder).created.root)
      #expect(root["expires"]?.string == (TestHub.now + .seconds(365 * 86_400)).description)
      #expect(root["consistent_snapshot"]?.bool == true)
      #expect(root["x-fleet"]?["epoch"]?.integer == 1)
      let roles = try #require(root["roles"])
      #expect(roles["snapshot"] == roles["timestamp"])
      #expect(roles["targets"] != roles["snapshot"])
      #expect(roles["root"] != roles["targets"])
    }
  }

  @Test("every role but root names its audience and when it was issued")
  func audience() async throws {
    try await withTemporaryDirectory { folder in
      let view = try view(try TestHub(in: folder))
      for file in [view.targets, view.snapshot, view.timestamp] {
        let audience = try #require(try signed(file)["x-fleet"])
        #expect(audience == ["aud": "c-1", "fleet": "acme", "issued_at": .string(TestHub.now.description)])
      }
    }
  }

  @Test("versions are the given ones, and each file names the next by version, length and digest")
  func references() async throws {
    try await withTemporaryDirectory { folder in
      let view = try view(try TestHub(in: folder))
      let (targets, snapshot, timestamp) = (
        try signed(view.targets), try signed(view.snapshot), try signed(view.timestamp)
      )
      #expect([targets, snapshot, timestamp].map { $0["version"]?.integer } == [4, 5, 6])
      let listedTargets = try #require(snapshot["meta"]?["targets.json"])
      #expect(listedTargets == Self.reference(view.targets, 4))
      #expect(timestamp["meta"]?["snapshot.json"] == Self.reference(view.snapshot, 5))
      #expect(targets["targets"]?.object?.keys == ["c/c-1/bundle.json"])
    }
  }

  private static func reference(_ file: [UInt8], _ version: Int64) -> Value {
    [
      "version": .integer(version), "length": .integer(Int64(file.count)),
      "hashes": ["sha256": .string(Digest(of: file).hex)],
    ]
  }

  @Test("the same content at the same versions and instant has the same bytes")
  func deterministic() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let (first, second) = (try view(hub), try view(hub))
      #expect(first.targets == second.targets)
      #expect(first.snapshot == second.snapshot)
      #expect(first.timestamp == second.timestamp)
    }
  }
}
