import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A file is the one that another names: version, length, digests")
struct HashesAndLengthsTests {
  private func error(_ bend: (inout TestRepository) -> Void) throws -> FleetError? {
    var repository = try TestRepository()
    bend(&repository)
    var view = try repository.trusted()
    let published = try repository.publish()
    return try refusal { try view.take(published) }
  }

  private static let zeros = String(repeating: "0", count: 64)

  @Test("a snapshot or targets of another digest are refused", arguments: ["snapshot.json", "targets.json"])
  func wrongDigest(file: String) throws {
    let error = try error { repository in
      let bend: (inout Value) -> Void = { $0["meta"]?[file]?["hashes"]?["sha256"] = .string(Self.zeros) }
      if file == "snapshot.json" { repository.timestamp.bend = bend } else { repository.snapshot.bend = bend }
    }
    #expect(error?.code == .contentMismatch)
    #expect(error?.address.file == file)
  }

  @Test("a file that is shorter or longer than listed is refused", arguments: [Int64(1), 100_000])
  func wrongLength(length: Int64) throws {
    let error = try error { $0.timestamp.bend = { $0["meta"]?["snapshot.json"]?["length"] = .integer(length) } }
    #expect(error?.code == .contentMismatch)
  }

  @Test("a version that is not the listed one is refused, with and without digests", arguments: [true, false])
  func wrongVersion(hasHashes: Bool) throws {
    let error = try error { repository in
      repository.timestamp.bend = { signed in
        signed["meta"]?["snapshot.json"]?["version"] = 2
        if !hasHashes { signed["meta"]?["snapshot.json"] = ["version": 2] }
      }
    }
    #expect(error?.code == .contentMismatch)
    #expect(error?.message == "snapshot 1 where 2 is listed")
  }

  @Test("length and digests may be missing; the version may not")
  func optionalParts() throws {
    let bare = try error { $0.timestamp.bend = { $0["meta"]?["snapshot.json"] = ["version": 1] } }
    #expect(bare == nil)
    let versionless = try error { $0.timestamp.bend = { $0["meta"]?["snapshot.json"] = Value.object(Object()) } }
    #expect(versionless?.code == .missingField)
  }

  @Test("digests of unknown kinds are passed over beside a known one, and refused alone")
  func unknownDigests() throws {
    let beside = try error { $0.timestamp.bend = { $0["meta"]?["snapshot.json"]?["hashes"]?["md4"] = "00" } }
    #expect(beside == nil)
    let alone = try error { $0.timestamp.bend = { $0["meta"]?["snapshot.json"]?["hashes"] = ["md4": "00"] } }
    #expect(alone?.code == .invalidMetadata)
  }

  /// The SHA-512 of "abc" (FIPS 180-2, appendix C.1).
  private static let sha512OfABC =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

  @Test("a SHA-512 is checked as well as a SHA-256")
  func sha512() throws {
    let error = try error { repository in
      repository.timestamp.bend = { $0["meta"]?["snapshot.json"]?["hashes"]?["sha512"] = .string(Self.sha512OfABC) }
    }
    #expect(error?.code == .contentMismatch)
  }

  @Test(
    "a digest that is no lowercase hexadecimal of its length is refused",
    arguments: ["", "00", String(repeating: "A", count: 64), String(repeating: "g", count: 64)])
  func malformedDigest(text: String) throws {
    let error = try error { repository in
      repository.timestamp.bend = { $0["meta"]?["snapshot.json"]?["hashes"]?["sha256"] = .string(text) }
    }
    #expect(error?.address.field?.hasSuffix("sha256") == true)
  }

  @Test("only a target with a SHA-256 can be asked for", arguments: [true, false])
  func targetsByDigest(hasSHA256: Bool) throws {
    var repository = try TestRepository()
    let path = TargetPath.bundle(of: TestRepository.cluster)
    repository.targets.bend = { signed in
      signed["targets"]?[path] = [
        "length": 3,
        "hashes": hasSHA256 ? ["sha256": .string(Digest(of: "abc").hex)] : ["sha512": .string(Self.sha512OfABC)],
      ]
    }
    var view = try repository.trusted()
    try view.take(try repository.publish())
    #expect(VerifiedBundle.reference(in: view)?.sha256 == (hasSHA256 ? Digest(of: "abc") : nil))
  }

  @Test("a length beyond what a manifest set may have, or below zero, is refused", arguments: [Int64(-1), .max])
  func absurdTargetLength(length: Int64) throws {
    let error = try error { repository in
      repository.targets.bend = { signed in
        signed["targets"]?["x"] = ["length": .integer(length), "hashes": ["sha256": .string(Self.zeros)]]
      }
    }
    #expect(error != nil)
  }
}

@Suite("Files of two publications do not make one view")
struct MixAndMatchTests {
  @Test("a snapshot of another publication is refused, though its own signature holds")
  func otherSnapshot() throws {
    var repository = try TestRepository()
    let first = try repository.publish()
    repository.targets.version = 2
    let second = try repository.publish()
    var view = try repository.trusted()
    _ = try view.take(timestamp: first.timestamp, at: TestRepository.now)
    let error = try refusal { try view.take(snapshot: second.snapshot, at: TestRepository.now) }
    #expect(error?.code == .contentMismatch)
  }

  @Test("targets of another publication are refused, though their own signature holds")
  func otherTargets() throws {
    var repository = try TestRepository()
    let first = try repository.publish()
    repository.files["c/c-1/bundle.json"] = BlobReference(sha256: Digest(of: "other"), length: 5)
    let second = try repository.publish()
    var view = try repository.trusted()
    _ = try view.take(timestamp: first.timestamp, at: TestRepository.now)
    try view.take(snapshot: first.snapshot, at: TestRepository.now)
    let error = try refusal { try view.take(targets: second.targets, at: TestRepository.now) }
    #expect(error?.code == .contentMismatch)
    #expect(view.targets == nil)
  }

  @Test("a file under another version's name is refused", arguments: [MetadataRole.root, .snapshot, .targets])
  func otherVersionsName(role: MetadataRole) async throws {
    var repository = try TestRepository()
    let first = try repository.publish()
    var client = try TestClient(first)
    try await client.refresh()
    repository.next()
    client.source.publish(try repository.publish())
    client.source.set("2.\(role.rawValue)", first[role])
    let code = try await client.refused()?.code
    #expect(code == (role == .root ? .rollbackAttack : .contentMismatch))
  }

  @Test("nothing is taken out of its order")
  func order() throws {
    let repository = try TestRepository()
    let published = try repository.publish()
    var view = try repository.trusted()
    let snapshot = try refusal { try view.take(snapshot: published.snapshot, at: TestRepository.now) }
    #expect(snapshot?.code == .invalidMetadata)
    let targets = try refusal { try view.take(targets: published.targets, at: TestRepository.now) }
    #expect(targets?.code == .invalidMetadata)
  }

  @Test("a file is refused where one of another role belongs", arguments: MetadataRole.allCases)
  func otherRole(role: MetadataRole) throws {
    let repository = try TestRepository()
    let published = try repository.publish()
    for other in MetadataRole.allCases where other != role {
      var view = try repository.trusted()
      if role != .timestamp { _ = try view.take(timestamp: published.timestamp, at: TestRepository.now) }
      let error = try refusal {
        switch role {
        case .root: try view.take(root: published[other])
        case .timestamp: _ = try view.take(timestamp: published[other], at: TestRepository.now)
        case .snapshot: try view.take(snapshot: published[other], at: TestRepository.now)
        case .targets:
          try view.take(snapshot: published.snapshot, at: TestRepository.now)
          try view.take(targets: published[other], at: TestRepository.now)
        }
      }
      #expect(error != nil, "\(other) for \(role)")
    }
  }
}
