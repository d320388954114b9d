import Digests
import FleetModel
import Manifests
import Trust

/// A cluster's view with everything that a test wants to bend before it is signed.
struct TestRepository {
  /// One role: what root says of it, and what its file says.
  struct Role {
    /// The keys that root lists for the role.
    var keys: [PrivateKey]
    var threshold = 1
    /// Who signs the file.
    var signers: [PrivateKey]
    var version: Int64 = 1
    var expires: Timestamp = TestRepository.now + .seconds(30 * 86_400)
    /// Has the last word on what is signed.
    var bend: (inout Value) -> Void = { _ in }
    /// Has the last word on the file.
    var bendFile: (inout Value) -> Void = { _ in }

    init(_ keys: PrivateKey...) {
      self.keys = keys
      signers = keys
    }
  }

  static let now = Timestamp(seconds: 1_800_000_000)
  static let cluster = uid("c-1")

  var root: Role
  var timestamp: Role
  var snapshot: Role
  var targets: Role
  var epoch: Int64 = 1
  var fleet = "acme"
  var audience = TestRepository.cluster
  var issuedAt = TestRepository.now
  /// What targets list.
  var files: [String: BlobReference] = [:]

  init() throws {
    root = Role(try .generate(.ed25519))
    let online = try PrivateKey.generate(.ed25519)
    timestamp = Role(online)
    snapshot = Role(online)
    targets = Role(try .generate(.ed25519))
  }

  /// Counts all versions but root's up, as a hub does that publishes anew.
  mutating func next() {
    timestamp.version += 1
    snapshot.version += 1
    targets.version += 1
  }

  /// Signs all four files as they stand now.
  func publish() throws -> Published {
    let targetsFile = try file(
      .targets, targets, [("targets", .object(Object(files.sorted { $0.key < $1.key }.map { ($0, form($1)) })))])
    let snapshotFile = try file(
      .snapshot, snapshot, [("meta", ["targets.json": reference(targetsFile, targets.version)])])
    let timestampFile = try file(
      .timestamp, timestamp, [("meta", ["snapshot.json": reference(snapshotFile, snapshot.version)])])
    return Published(
      versions: (root.version, snapshot.version, targets.version), root: try file(.root, root, rootFields),
      timestamp: timestampFile, snapshot: snapshotFile, targets: targetsFile)
  }

  /// What a client knows that has seen nothing but this root.
  func trusted(as cluster: ClusterUID = TestRepository.cluster) throws -> TrustedView {
    let root = try publish().root
    return TrustedView(
      root: try RootMetadata(trusting: root, digest: Digest(of: root)), fleet: "acme", cluster: cluster)
  }

  private func file(_ role: MetadataRole, _ settings: Role, _ content: [(String, Value)]) throws -> [UInt8] {
    var fields: [(String, Value)] = [
      ("_type", .string(role.rawValue)), ("spec_version", "1.0.34"), ("version", .integer(settings.version)),
      ("expires", .string(settings.expires.description)),
    ]
    if role != .root {
      fields.append(("x-fleet", Audience(fleet: fleet, cluster: audience, issuedAt: issuedAt).form))
    }
    var signed = Value.object(Object(fields + content))
    settings.bend(&signed)
    var file: Value = ["signed": signed, "signatures": .array(try signatures(of: signed, by: settings.signers))]
    settings.bendFile(&file)
    return JSON.canonical(file)
  }

  private var rootFields: [(String, Value)] {
    let roles = [("root", root), ("timestamp", timestamp), ("snapshot", snapshot), ("targets", targets)]
    let keys = roles.flatMap(\.1.keys).map { MetadataKey($0.publicKey) }
    return [
      ("consistent_snapshot", true), ("x-fleet", ["epoch": .integer(epoch)]),
      ("keys", .object(Object(keys.map { ($0.id.hex, $0.form) }))),
      ("roles", .object(Object(roles.map { ($0.0, listing($0.1)) }))),
    ]
  }

  private func listing(_ role: Role) -> Value {
    [
      "keyids": .array(role.keys.map { .string(MetadataKey($0.publicKey).id.hex) }),
      "threshold": .integer(Int64(role.threshold)),
    ]
  }

  private func reference(_ file: [UInt8], _ version: Int64) -> Value {
    MetadataReference(version: version, length: file.count, sha256: Digest(of: file)).form
  }

  private func form(_ blob: BlobReference) -> Value {
    ["length": .integer(Int64(blob.length)), "hashes": ["sha256": .string(blob.sha256.hex)]]
  }
}

/// Signatures of these keys, as metadata lists them.
func signatures(of signed: Value, by keys: [PrivateKey]) throws -> [Value] {
  try keys.map { key in
    [
      "keyid": .string(MetadataKey(key.publicKey).id.hex),
      "sig": .string(try key.signature(of: MetadataJSON.canonical(signed)).hexText),
    ]
  }
}

/// The four signed files of a view.
struct Published {
  var versions: (root: Int64, snapshot: Int64, targets: Int64)
  var root: [UInt8]
  var timestamp: [UInt8]
  var snapshot: [UInt8]
  var targets: [UInt8]

  subscript(role: MetadataRole) -> [UInt8] {
    get {
      switch role {
      case .root: root
      case .timestamp: timestamp
      case .snapshot: snapshot
      case .targets: targets
      }
    }
    set {
      switch role {
      case .root: root = newValue
      case .timestamp: timestamp = newValue
      case .snapshot: snapshot = newValue
      case .targets: targets = newValue
      }
    }
  }
}

extension TrustedView {
  /// Takes timestamp, snapshot and targets in their order.
  mutating func take(_ published: Published, at now: Timestamp = TestRepository.now) throws {
    _ = try take(timestamp: published.timestamp, at: now)
    try take(snapshot: published.snapshot, at: now)
    try take(targets: published.targets, at: now)
  }
}

/// A uid that the test knows to be one.
func uid(_ text: String) -> ClusterUID { ClusterUID(text) ?? { preconditionFailure("\(text) is no uid") }() }
