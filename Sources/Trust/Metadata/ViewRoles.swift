public import FleetModel
import Manifests

/// Timestamp metadata whose signatures hold.
public struct TimestampMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  /// For whom it is; nil in plain TUF, which no cluster takes.
  public let audience: Audience?
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
      return (try MetadataHead(&fields), try Audience(in: &fields), meta)
    }
    // What is issued becomes the time floor: beyond its own expiry it would be nothing but a way to stop the clock.
    if let issued = audience?.issuedAt, issued >= head.expires {
      throw FleetError(
        .invalidMetadata, "issued at \(issued), after it expired",
        at: .init(file: metadata.file, field: "x-fleet.issued_at"))
    }
  }
}

/// Snapshot metadata whose signatures hold.
public struct SnapshotMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  /// For whom it is; nil in plain TUF, which no cluster takes.
  public let audience: Audience?
  let files: [MetadataName: MetadataReference]

  /// What it says of the targets.
  let targets: MetadataReference

  init(_ bytes: [UInt8], signedBy root: RootMetadata) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .snapshot)
    try root.keys(of: .snapshot).check(metadata)
    self.bytes = bytes
    (head, audience, files) = try metadata.read { fields throws(FleetError) in
      var files: [MetadataName: MetadataReference] = [:]
      for entry in try fields.required("meta").entries() {
        files[MetadataName(entry.key)] = try MetadataReference(entry.field)
      }
      return (try MetadataHead(&fields), try Audience(in: &fields), files)
    }
    guard let listed = files[MetadataName("targets.json")] else {
      throw FleetError(.invalidMetadata, "no targets.json", at: .init(file: metadata.file, field: "meta"))
    }
    targets = listed
  }
}

/// Targets metadata whose signatures hold.
public struct TargetsMetadata: Sendable {
  public let head: MetadataHead
  public let bytes: [UInt8]
  /// For whom it is; nil in plain TUF, which no cluster takes.
  public let audience: Audience?
  private let files: [MetadataName: TargetFile]

  /// Targets of one cluster: its bundle and its apps.
  private static let limit = FormatLimits.apps + 16

  init(_ bytes: [UInt8], signedBy root: RootMetadata) throws(FleetError) {
    let metadata = try UnverifiedMetadata(bytes, role: .targets)
    try root.keys(of: .targets).check(metadata)
    self.bytes = bytes
    (head, audience, files) = try metadata.read { fields throws(FleetError) in
      let field = try fields.required("targets")
      try fields.notSupportedYet("delegations")
      let entries = try field.entries()
      guard entries.count <= TargetsMetadata.limit else {
        throw field.error("\(entries.count) targets, at most \(TargetsMetadata.limit)", code: .limitExceeded)
      }
      var files: [MetadataName: TargetFile] = [:]
      for entry in entries { files[MetadataName(entry.key)] = try TargetFile(entry.field) }
      return (try MetadataHead(&fields), try Audience(in: &fields), files)
    }
  }

  /// What targets say of a path; nil where they say nothing.
  package func file(at path: String) -> TargetFile? { files[MetadataName(path)] }

  /// What lies at a path; nil where nothing does, or only something without a SHA-256, which no blob is named by.
  public func reference(of path: String) -> BlobReference? {
    guard let file = files[MetadataName(path)], let sha256 = file.hashes.sha256 else { return nil }
    return BlobReference(sha256: sha256, length: file.length)
  }
}

/// What targets say of one path.
package struct TargetFile: Sendable {
  package let length: Int
  package let hashes: ContentHashes

  init(_ field: Field) throws(FleetError) {
    (length, hashes) = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return (
        try fields.required("length").int(in: 0...ManifestSet.Limits.bytes),
        try ContentHashes(try fields.required("hashes"))
      )
    }
  }
}

/// The paths of a cluster's targets. They carry its uid, so that one view cannot be taken for another.
public enum TargetPath {
  public static func bundle(of cluster: ClusterUID) -> String { "c/\(cluster)/bundle.json" }
  public static func app(_ app: String, of cluster: ClusterUID) -> String { "c/\(cluster)/apps/\(app).json" }
}
