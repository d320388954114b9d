import Digests
import Manifests

/// A role of TUF's.
public enum MetadataRole: String, Hashable, Sendable, CaseIterable {
  case root
  case timestamp
  case snapshot
  case targets

  /// The largest file of this role that is looked at.
  public var byteLimit: Int {
    switch self {
    case .root: MetadataJSON.Limits.rootBytes
    case .timestamp: MetadataJSON.Limits.timestampBytes
    case .snapshot: MetadataJSON.Limits.snapshotBytes
    case .targets: MetadataJSON.Limits.targetsBytes
    }
  }
}

/// Metadata that is well formed, and that nobody has vouched for yet: nothing it says counts.
struct UnverifiedMetadata: Sendable {
  let file: String
  let bytes: [UInt8]
  let signed: Value
  /// What the signatures are over.
  let signedBytes: [UInt8]
  let signatures: [(Digest, [UInt8])]

  init(_ bytes: [UInt8], role: MetadataRole) throws(FleetError) {
    file = "\(role.rawValue).json"
    let value = try MetadataJSON.parse(bytes, file: file, limit: role.byteLimit)
    self.bytes = bytes
    (signed, signatures) = try Field(value, file: file).object { fields throws(FleetError) in
      fields.ignoreRest()
      let listed = try fields.required("signatures").array()
      guard listed.count <= MetadataJSON.Limits.signatures else {
        throw FleetError(
          .invalidMetadata, "\(listed.count) signatures, at most \(MetadataJSON.Limits.signatures)",
          at: .init(file: "\(role.rawValue).json", field: "signatures"))
      }
      return (try fields.required("signed").value, try UnverifiedMetadata.signatures(listed))
    }
    signedBytes = MetadataJSON.canonical(signed)
    guard signed["_type"]?.string == role.rawValue else {
      throw FleetError(.invalidMetadata, "not of the role \(role.rawValue)", at: .init(file: file, field: "_type"))
    }
    guard let version = signed["spec_version"]?.string, UnverifiedMetadata.isKnown(specification: version) else {
      throw FleetError(.invalidMetadata, "not TUF 1.0", at: .init(file: file, field: "spec_version"))
    }
  }

  /// `1.0`, or `1.0.` and a number.
  private static func isKnown(specification version: String) -> Bool {
    let parts = version.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (2...3).contains(parts.count) && parts[0].elementsEqual("1".utf8) && parts[1].elementsEqual("0".utf8)
      && parts.dropFirst(2).allSatisfy { part in
        (1...4).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
      }
  }

  /// Signatures of keys whose names or bytes are not hexadecimal count for nothing; a key that stands twice is refused.
  private static func signatures(_ listed: [Field]) throws(FleetError) -> [(Digest, [UInt8])] {
    var seen: Set<MetadataName> = []
    var signatures: [(Digest, [UInt8])] = []
    for field in listed {
      let (id, text) = try field.object { fields throws(FleetError) in
        fields.ignoreRest()
        return (try fields.required("keyid").string(), try fields.required("sig").string())
      }
      guard seen.insert(MetadataName(id)).inserted else {
        throw field.error("one key has signed twice", code: .invalidMetadata)
      }
      if let id = Digest(hex: id), let bytes = [UInt8](hexText: text) { signatures.append((id, bytes)) }
    }
    return signatures
  }

  /// Reads what is signed.
  func read<Result>(_ body: (inout Fields) throws(FleetError) -> Result) throws(FleetError) -> Result {
    try Field(signed, file: file).object { fields throws(FleetError) in
      fields.ignoreRest()
      return try body(&fields)
    }
  }
}
