import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Enough different keys must have signed")
struct ThresholdTests {
  private func code(_ repository: TestRepository) throws -> FleetError.Code? {
    var view = try repository.trusted()
    let published = try repository.publish()
    return try refusal { try view.take(published) }?.code
  }

  @Test("metadata that nobody signed is refused", arguments: [MetadataRole.timestamp, .snapshot, .targets])
  func unsigned(role: MetadataRole) throws {
    var repository = try TestRepository()
    switch role {
    case .timestamp: repository.timestamp.signers = []
    case .snapshot: repository.snapshot.signers = []
    default: repository.targets.signers = []
    }
    #expect(try code(repository) == .badSignature)
  }

  @Test("a key of another role signs nothing")
  func otherRolesKey() throws {
    var repository = try TestRepository()
    repository.targets.signers = repository.snapshot.keys
    #expect(try code(repository) == .badSignature)
  }

  @Test("a signature of other bytes counts for nothing")
  func signatureOfOtherBytes() throws {
    var repository = try TestRepository()
    repository.timestamp.bendFile = { $0["signed"]?["version"] = 9 }
    #expect(try code(repository) == .badSignature)
  }

  @Test("two of three keys reach a threshold of two, one does not", arguments: [1, 2, 3])
  func twoOfThree(signers: Int) throws {
    var repository = try TestRepository()
    repository.targets.keys = try (0..<3).map { _ in try PrivateKey.generate(.ed25519) }
    repository.targets.threshold = 2
    repository.targets.signers = Array(repository.targets.keys.suffix(signers))
    #expect(try code(repository) == (signers < 2 ? .badSignature : nil))
  }

  @Test("a threshold beyond the number of keys is never reached")
  func unreachableThreshold() throws {
    var repository = try TestRepository()
    repository.snapshot.threshold = 2
    #expect(try code(repository) == .badSignature)
  }

  @Test("a threshold of zero is refused")
  func zeroThreshold() throws {
    var repository = try TestRepository()
    repository.snapshot.threshold = 0
    let error = try refusal { _ = try repository.trusted() }
    #expect(error?.address.field?.hasSuffix("threshold") == true)
  }

  @Test("a keyid that signs twice is refused, even when the threshold is met (TUF 4.2.1)")
  func duplicateSignature() throws {
    var repository = try TestRepository()
    repository.snapshot.signers += repository.snapshot.signers
    #expect(try code(repository) == .invalidMetadata)
  }

  @Test("a keyid that a role lists twice is refused")
  func duplicateKeyid() throws {
    var repository = try TestRepository()
    repository.snapshot.keys += repository.snapshot.keys
    let error = try refusal { _ = try repository.trusted() }
    #expect(error?.code == .invalidMetadata)
  }

  @Test("one key under two keyids counts once")
  func oneKeyTwoNames() throws {
    var repository = try TestRepository()
    let key = try PrivateKey.generate(.ed25519)
    // An unknown field changes the keyid, not the key.
    var form = MetadataKey(key.publicKey).form
    form["note"] = "twin"
    let twin = Digest(of: MetadataJSON.canonical(form))
    repository.targets = TestRepository.Role(key)
    repository.root.bend = { root in
      root["keys"]?[twin.hex] = form
      root["roles"]?["targets"] = [
        "keyids": [.string(MetadataKey(key.publicKey).id.hex), .string(twin.hex)], "threshold": 2,
      ]
    }
    repository.targets.bendFile = { file in
      guard var signatures = file["signatures"]?.array, var copy = signatures.first else { return }
      copy["keyid"] = .string(twin.hex)
      signatures.append(copy)
      file["signatures"] = .array(signatures)
    }
    #expect(try code(repository) == .badSignature)
  }

  @Test("signatures that are empty, garbage or of unknown keys are passed over when enough others hold")
  func extraSignatures() throws {
    var repository = try TestRepository()
    repository.timestamp.bendFile = { file in
      let hex = String(repeating: "ab", count: 32)
      file["signatures"] = .array(
        [
          ["keyid": .string(hex), "sig": ""], ["keyid": "not hexadecimal", "sig": "00"],
          ["keyid": .string(String(hex.reversed())), "sig": .string(String(repeating: "00", count: 64))],
        ] + (file["signatures"]?.array ?? []))
    }
    #expect(try code(repository) == nil)
  }

  @Test("more signatures than any quorum has are refused before any is checked")
  func tooManySignatures() throws {
    var repository = try TestRepository()
    repository.timestamp.bendFile = { file in
      let more = (0...MetadataJSON.Limits.signatures).map { number -> Value in
        ["keyid": .string(Digest(of: "\(number)").hex), "sig": "00"]
      }
      file["signatures"] = .array((file["signatures"]?.array ?? []) + more)
    }
    #expect(try code(repository) == .invalidMetadata)
  }

  @Test("P-256 keys sign as Ed25519 keys do, together and alone")
  func mixedKeys() throws {
    var repository = try TestRepository()
    repository.targets = TestRepository.Role(try .generate(.ecdsaP256), try .generate(.ed25519))
    repository.targets.threshold = 2
    repository.root = TestRepository.Role(try .generate(.ecdsaP256))
    // What is signed with ECDSA has other bytes each time, so that one publication must serve.
    let published = try repository.publish()
    var view = TrustedView(
      root: try RootMetadata(trusting: published.root, digest: Digest(of: published.root)), fleet: "acme",
      cluster: TestRepository.cluster)
    try view.take(published)
    #expect(view.versions.targets == 1)
  }
}

@Suite("A keyid is the digest of its key")
struct KeyidTests {
  @Test("a key under a keyid that is not its own is refused")
  func foreignKeyid() throws {
    var repository = try TestRepository()
    let (other, impostor) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
    repository.root.bend = { root in
      root["keys"]?[MetadataKey(other.publicKey).id.hex] = MetadataKey(impostor.publicKey).form
    }
    let error = try refusal { _ = try repository.trusted() }
    #expect(error?.code == .invalidMetadata)
  }

  @Test("unknown fields of a key count in its keyid, and keyid_hash_algorithms is one of them")
  func unknownFieldsCount() throws {
    var repository = try TestRepository()
    let key = try PrivateKey.generate(.ed25519)
    var form = MetadataKey(key.publicKey).form
    form["keyid_hash_algorithms"] = ["md5"]
    let id = Digest(of: MetadataJSON.canonical(form)).hex
    repository.targets = TestRepository.Role(key)
    repository.root.bend = { root in
      root["keys"]?[id] = form
      root["roles"]?["targets"] = ["keyids": [.string(id)], "threshold": 1]
    }
    repository.targets.bendFile = { file in
      guard var signature = file["signatures"]?.array?.first else { return }
      signature["keyid"] = .string(id)
      file["signatures"] = [signature]
    }
    var view = try repository.trusted()
    try view.take(try repository.publish())
    #expect(view.versions.targets == 1)
  }

  @Test("a key of a kind that this version does not know, or a malformed one, signs nothing and harms nothing")
  func unknownKindOfKey() throws {
    var repository = try TestRepository()
    let unknown: [Value] = [
      ["keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": ["public": "-----BEGIN PUBLIC KEY-----"]],
      ["keytype": "ed25519", "scheme": "ed25519", "keyval": ["public": "00"]],
      ["keytype": "ed25519", "scheme": "ecdsa-sha2-nistp256", "keyval": ["public": "00"]], ["keytype": 7],
    ]
    repository.root.bend = { root in
      for form in unknown { root["keys"]?[Digest(of: MetadataJSON.canonical(form)).hex] = form }
    }
    var view = try repository.trusted()
    try view.take(try repository.publish())
    #expect(view.versions.targets == 1)
  }
}
