public import Digests
public import FleetModel
public import Manifests

/// What every role's metadata has.
public struct MetadataHead: Hashable, Sendable {
  public var version: Int64
  public var expires: Timestamp

  init(_ fields: inout Fields) throws(FleetError) {
    version = try fields.required("version").integer(in: 1 ... .max)
    expires = try fields.required("expires").text("an instant such as 2026-01-31T12:00:00Z") { Timestamp($0) }
  }
}

/// For whom a view is, and when it was issued: `x-fleet`, signed in timestamp, snapshot and targets.
public struct Audience: Hashable, Sendable {
  public var fleet: String
  public var cluster: ClusterUID
  public var issuedAt: Timestamp

  public init(fleet: String, cluster: ClusterUID, issuedAt: Timestamp) {
    self.fleet = fleet
    self.cluster = cluster
    self.issuedAt = issuedAt
  }

  public var form: Value {
    [
      "aud": .string(cluster.rawValue), "fleet": .string(fleet), "issued_at": .string(issuedAt.description),
    ]
  }

  init(_ fields: inout Fields) throws(FleetError) {
    self = try fields.required("x-fleet").object { inner throws(FleetError) in
      inner.ignoreRest()
      return Audience(
        fleet: try inner.required("fleet").string(),
        cluster: try inner.required("aud").text("a cluster uid") { ClusterUID($0) },
        issuedAt: try inner.required("issued_at").text("an instant") { Timestamp($0) })
    }
  }
}

/// Root metadata that enough of its own and, after a rotation, of its predecessor's keys signed.
public struct RootMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  /// The generation of the fleet's history, `x-fleet.epoch`.
  public let epoch: Int64
  let roles: [MetadataRole: RoleKeys]

  public var digest: Digest { Digest(of: bytes) }

  /// The first root, trusted because its digest was given by somebody who is.
  public init(trusting bytes: [UInt8], digest: Digest) throws(FleetError) {
    guard Digest(of: bytes) == digest else {
      throw FleetError(.contentMismatch, "the root metadata is not the one that the join token names")
    }
    try self.init(selfSigned: bytes)
  }

  /// A root that this process's own storage holds.
  init(selfSigned bytes: [UInt8]) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .root)
    try self.init(metadata)
    try keys(of: .root).check(metadata)
  }

  /// The next root: signed by enough keys of this one and of its own, and with the next version.
  func successor(_ bytes: [UInt8]) throws(FleetError) -> RootMetadata {
    let metadata = try UnverifiedMetadata(bytes, role: .root)
    try keys(of: .root).check(metadata)
    let next = try RootMetadata(metadata)
    try next.keys(of: .root).check(metadata)
    guard next.head.version == head.version + 1 else {
      throw FleetError(
        .rollbackAttack, "root \(next.head.version) where \(head.version + 1) should follow",
        at: .init(file: metadata.file))
    }
    guard next.epoch >= epoch else {
      throw FleetError(.rollbackAttack, "epoch \(next.epoch) after \(epoch)", at: .init(file: metadata.file))
    }
    return next
  }

  func keys(of role: MetadataRole) -> RoleKeys { roles[role] ?? RoleKeys(keys: [:], threshold: .max) }

  private init(_ metadata: UnverifiedMetadata) throws(FleetError) {
    bytes = metadata.bytes
    (head, roles, epoch) = try metadata.read { fields throws(FleetError) in
      let head = try MetadataHead(&fields)
      let keys = try RootMetadata.keys(try fields.required("keys").entries())
      let listed = try fields.required("roles")
      var roles: [MetadataRole: RoleKeys] = [:]
      for entry in try listed.entries() {
        guard let role = MetadataRole(rawValue: entry.key) else { continue }
        roles[role] = try RootMetadata.role(entry.field, keys)
      }
      for role in MetadataRole.allCases where roles[role] == nil {
        throw listed.error("no keys for \(role.rawValue)", code: .invalidMetadata)
      }
      let epoch = try fields.optional("x-fleet")?.object { inner throws(FleetError) in
        inner.ignoreRest()
        return try inner.required("epoch").integer(in: 0 ... .max)
      }
      return (head, roles, epoch ?? 0)
    }
  }

  private static func keys(_ entries: [Field.Entry]) throws(FleetError) -> [Digest: PublicKey] {
    guard entries.count <= MetadataJSON.Limits.keys else {
      throw FleetError(.invalidMetadata, "\(entries.count) keys", at: .init(file: "root.json"))
    }
    var keys: [Digest: PublicKey] = [:]
    for entry in entries {
      guard let key = try MetadataKey(entry.field) else { continue }
      guard key.id.hex == entry.key else {
        throw FleetError(.invalidMetadata, "the keyid is not that of the key", at: entry.keyAddress)
      }
      keys[key.id] = key.key
    }
    return keys
  }

  private static func role(_ field: Field, _ keys: [Digest: PublicKey]) throws(FleetError) -> RoleKeys {
    try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      var named: [Digest: PublicKey] = [:]
      var seen: Set<String> = []
      for text in try fields.required("keyids").strings() {
        guard seen.insert(text).inserted else { throw field.error("a keyid stands twice", code: .invalidMetadata) }
        if let id = Digest(hex: text), let key = keys[id] { named[id] = key }
      }
      return RoleKeys(keys: named, threshold: try fields.required("threshold").int(in: 1...MetadataJSON.Limits.keys))
    }
  }
}

/// What one file says of another: its version, and its length and digest where given.
public struct MetadataReference: Hashable, Sendable {
  public var version: Int64
  public var length: Int?
  public var sha256: Digest?

  public init(version: Int64, length: Int? = nil, sha256: Digest? = nil) {
    self.version = version
    self.length = length
    self.sha256 = sha256
  }

  public var form: Value {
    var object: Object = ["version": .integer(version)]
    if let length { object["length"] = .integer(Int64(length)) }
    if let sha256 { object["hashes"] = ["sha256": .string(sha256.hex)] }
    return .object(object)
  }

  init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      var reference = MetadataReference(version: try fields.required("version").integer(in: 1 ... .max))
      reference.length = try fields.optional("length").map { field throws(FleetError) in try field.int(in: 0 ... .max) }
      if let hashes = try fields.optional("hashes") { reference.sha256 = try hashes.sha256() }
      return reference
    }
  }

  /// Throws unless the bytes are the ones this refers to.
  func check(_ bytes: [UInt8], _ file: String) throws(FleetError) {
    if let length, bytes.count > length {
      throw FleetError(.contentMismatch, "\(bytes.count) bytes where \(length) are listed", at: .init(file: file))
    }
    if let sha256, Digest(of: bytes) != sha256 {
      throw FleetError(.contentMismatch, "the digest is not the listed one", at: .init(file: file))
    }
  }
}

extension Field {
  /// The SHA-256 among hashes; a list without it cannot be checked and is refused.
  func sha256() throws(FleetError) -> Digest {
    try object { fields throws(FleetError) in
      fields.ignoreRest()
      return try fields.required("sha256").digest()
    }
  }
}
