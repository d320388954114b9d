import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A hub's keys are made once, whole, and for its user only")
struct HubKeysTests {
  @Test("keys are read back as they were made")
  func roundTrip() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let read = try HubKeys.open(hub.keyFolder, fleet: "acme")
      #expect(read.authority.certificate == hub.keys.authority.certificate)
      #expect(read.authority.pin == hub.keys.authority.pin)
      let snapshot = Array("{}".utf8)
      func timestamp(_ keys: HubKeys) throws -> [UInt8] {
        try keys.signer.timestamp(
          for: snapshot, snapshotVersion: 1, version: 1, fleet: "acme", cluster: uid("c-1"),
          MetadataSigner.Expiry(.connected), at: TestHub.now)
      }
      #expect(try timestamp(read) == timestamp(hub.keys))
    }
  }

  @Test("only their user reads them")
  func permissions() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder, quorum: .standard, passphrases: ["a", "b", "c"])
      for directory in [hub.keyFolder, "\(folder)/root"] {
        #expect(try Self.mode(directory) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(names.count == (directory == hub.keyFolder ? 4 : 3))
        for name in names { #expect(try Self.mode("\(directory)/\(name)") == 0o600, "\(name)") }
      }
    }
  }

  private static func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test("a root of two out of three is made of three files, each under its own passphrase")
  func quorum() async throws {
    try await withTemporaryDirectory { folder in
      let passphrases = ["one", "two", "three"]
      let hub = try TestHub(in: folder, quorum: .standard, passphrases: passphrases)
      let root = try JSON.parse(hub.created.root, file: "root")
      let listed = try #require(root["signed"]?["roles"]?["root"])
      #expect(listed["threshold"]?.integer == 2)
      let keyids = Set(listed["keyids"]?.array?.compactMap(\.string) ?? [])
      #expect(keyids.count == 3)
      var read: Set<String> = []
      for (file, passphrase) in zip(hub.created.rootKeyFiles, passphrases) {
        let pem = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(String(decoding: pem, as: UTF8.self).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        let key = try PrivateKey.read(pem: pem, passphrase: passphrase)
        read.insert(MetadataKey(key.publicKey).id.hex)
      }
      #expect(read == keyids)
    }
  }

  @Test("keys that are there are never replaced")
  func neverReplaced() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let again = try refusal { _ = try TestHub(in: folder) }
      #expect(again?.code == .keysExist)
      #expect(again?.address.file == hub.keyFolder)
      // A try that made root keys and was killed before the hub's own.
      try FileManager.default.removeItem(atPath: hub.keyFolder)
      let unfinished = try refusal { _ = try TestHub(in: folder) }
      #expect(unfinished?.code == .keysExist)
      #expect(unfinished?.address.file == hub.created.rootKeyFiles.first)
    }
  }

  @Test("what a killed try left unfinished is no hub and does not stop the next try")
  func unfinished() async throws {
    try await withTemporaryDirectory { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/keys.unfinished", withIntermediateDirectories: true)
      for name in ["targets.key", "online.key.new"] {
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/keys.unfinished/\(name)"))
      }
      let hub = try TestHub(in: folder)
      _ = try HubKeys.open(hub.keyFolder, fleet: "acme")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/keys.unfinished"))
    }
  }

  @Test("a number of passphrases that is not that of the root keys is refused before anything is made")
  func passphrases() async throws {
    try await withTemporaryDirectory { folder in
      let error = try refusal { _ = try TestHub(in: folder, quorum: .standard, passphrases: ["one"]) }
      #expect(error?.code == .invalidKey)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test(
    "a file that is missing, damaged or another hub's is refused with its name",
    arguments: [
      "ca.key", "ca.pem", "targets.key", "online.key",
    ])
  func damaged(name: String) async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let path = "\(hub.keyFolder)/\(name)"
      try Data("nonsense".utf8).write(to: URL(fileURLWithPath: path))
      let damaged = try refusal { _ = try HubKeys.open(hub.keyFolder, fleet: "acme") }
      #expect(damaged?.address.file == path)
      #expect(damaged?.description.contains("nonsense") == false)
      try FileManager.default.removeItem(atPath: path)
      let missing = try refusal { _ = try HubKeys.open(hub.keyFolder, fleet: "acme") }
      #expect(missing?.code == .keyFile)
      #expect(missing?.address.file == path)
    }
  }

  @Test("an authority's key must be the one of its certificate")
  func mixedUp() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let other = try PrivateKey.generate(.ecdsaP256)
      let error = try refusal {
        _ = try CertificateAuthority(certificate: hub.keys.authority.certificate.der, key: other, fleet: "acme")
      }
      #expect(error?.code == .invalidKey)
    }
  }
}
