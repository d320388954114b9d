public import Digests
public import Manifests

/// Root metadata that enough of its own and, after a rotation, of its predecessor's keys signed.
public struct RootMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  /// The generation of the fleet's history, `x-fleet.epoch`; 0 where there is none.
  public let epoch: Int64
  /// Whether snapshot and targets are asked for by version. Every hub says so; without it the newest is asked for.
  package let hasVersionedFiles: Bool
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
    guard head.version < .max, next.head.version == head.version + 1 else {
      throw FleetError(
        .rollbackAttack, "root \(next.head.version) after \(head.version)", at: .init(file: metadata.file))
    }
    guard next.epoch >= epoch else {
      throw FleetError(.rollbackAttack, "epoch \(next.epoch) after \(epoch)", at: .init(file: metadata.file))
    }
    return next
  }

  func keys(of role: MetadataRole) -> RoleKeys { roles[role] ?? RoleKeys(keys: [:], threshold: .max) }

  private init(_ metadata: UnverifiedMetadata) throws(FleetError) {
    bytes = metadata.bytes
    (head, roles, epoch, hasVersionedFiles) = try metadata.read { fields throws(FleetError) in
      let head = try MetadataHead(&fields)
      let keys = try RootMetadata.keys(try fields.required("keys").entries())
      let roles = try RootMetadata.roles(try fields.required("roles"), keys)
      let epoch = try fields.optional("x-fleet")?.object { inner throws(FleetError) in
        inner.ignoreRest()
        return try inner.required("epoch").integer(in: 0 ... .max)
      }
      let isConsistent = try fields.optional("consistent_snapshot")?.bool() ?? false
      return (head, roles, epoch ?? 0, isConsistent)
    }
  }

  /// The keys that this version can verify with. One of a kind it does not know, or that is malformed, signs nothing.
  private static func keys(_ entries: [Field.Entry]) throws(FleetError) -> [Digest: PublicKey] {
    guard entries.count <= MetadataJSON.Limits.keys else {
      throw FleetError(
        .invalidMetadata, "\(entries.count) keys, at most \(MetadataJSON.Limits.keys)",
        at: .init(file: "root.json", field: "keys"))
    }
    var keys: [Digest: PublicKey] = [:]
    for entry in entries {
      let id = Digest(of: MetadataJSON.canonical(entry.field.value))
      guard entry.key.hasSameBytes(as: id.hex) else {
        throw FleetError(.invalidMetadata, "the keyid is not that of the key", at: entry.keyAddress)
      }
      keys[id] = MetadataKey(form: entry.field.value)?.key
    }
    return keys
  }

  private static func roles(
    _ field: Field, _ keys: [Digest: PublicKey]
  ) throws(FleetError) -> [MetadataRole: RoleKeys] {
    var roles: [MetadataRole: RoleKeys] = [:]
    for entry in try field.entries() {
      guard let role = MetadataRole.allCases.first(where: { $0.rawValue.hasSameBytes(as: entry.key) }) else { continue }
      roles[role] = try RoleKeys(entry.field, among: keys)
    }
    for role in MetadataRole.allCases where roles[role] == nil {
      throw field.error("no keys for \(role.rawValue)", code: .invalidMetadata)
    }
    return roles
  }
}
