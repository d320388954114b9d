import Digests
public import FleetModel
import Manifests

/// Timestamp metadata whose signatures hold.
public struct TimestampMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  public let audience: Audience
  let snapshot: MetadataReference

  init(_ bytes: [UInt8], signedBy root: RootMetadata) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .timestamp)
    try root.keys(of: .timestamp).check(metadata)
    self.bytes = bytes
    (head, audience, snapshot) = try metadata.read { fields throws(FleetError) in
      let meta = try fields.required("meta").object { inner throws(FleetError) in
        inner.ignoreRest()
        return try MetadataReference(try inner.required("snapshot.json"))
      }
      return (try MetadataHead(&fields), try Audience(&fields), meta)
    }
  }
}

/// Snapshot metadata whose signatures hold.
public struct SnapshotMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  public let audience: Audience
  let files: [String: MetadataReference]

  init(_ bytes: [UInt8], signedBy root: RootMetadata) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .snapshot)
    try root.keys(of: .snapshot).check(metadata)
    self.bytes = bytes
    (head, audience, files) = try metadata.read { fields throws(FleetError) in
      var files: [String: MetadataReference] = [:]
      for entry in try fields.required("meta").entries() { files[entry.key] = try MetadataReference(entry.field) }
      return (try MetadataHead(&fields), try Audience(&fields), files)
    }
    guard files["targets.json"] != nil else {
      throw FleetError(.invalidMetadata, "no targets.json", at: .init(file: metadata.file, field: "meta"))
    }
  }
}

/// Targets metadata whose signatures hold.
public struct TargetsMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  public let audience: Audience
  /// What each path is.
  public let targets: [String: BlobReference]

  /// Targets of one cluster: its bundle and its apps.
  private static let limit = FormatLimits.apps + 16

  init(_ bytes: [UInt8], signedBy root: RootMetadata) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .targets)
    try root.keys(of: .targets).check(metadata)
    self.bytes = bytes
    (head, audience, targets) = try metadata.read { fields throws(FleetError) in
      let field = try fields.required("targets")
      if try fields.optional("delegations") != nil {
        throw FleetError(.notSupportedYet, "delegations are not supported yet", at: .init(file: metadata.file))
      }
      let entries = try field.entries()
      guard entries.count <= TargetsMetadata.limit else {
        throw field.error("\(entries.count) targets, at most \(TargetsMetadata.limit)", code: .limitExceeded)
      }
      var targets: [String: BlobReference] = [:]
      for entry in entries { targets[entry.key] = try TargetsMetadata.reference(entry.field) }
      return (try MetadataHead(&fields), try Audience(&fields), targets)
    }
  }

  private static func reference(_ field: Field) throws(FleetError) -> BlobReference {
    try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return BlobReference(
        sha256: try fields.required("hashes").sha256(),
        length: try fields.required("length").int(in: 0...ManifestSet.Limits.bytes))
    }
  }
}

/// The paths of a cluster's targets. They carry its uid, so that one view cannot be taken for another.
public enum TargetPath {
  public static func bundle(of cluster: ClusterUID) -> String { "c/\(cluster)/bundle.json" }
  public static func app(_ app: String, of cluster: ClusterUID) -> String { "c/\(cluster)/apps/\(app).json" }
}
