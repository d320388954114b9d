import Digests
import Manifests

extension Field {
  /// The whole of a document in canonical JSON; any other spelling of the same value is refused, for digests and
  /// signatures are over bytes.
  static func canonical(_ bytes: [UInt8], file: String, limit: Int) throws(FleetError) -> Field {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: limit))
    guard JSON.canonical(value) == bytes else {
      throw FleetError(.invalidJSON, "not in canonical form", at: FleetError.Address(file: file))
    }
    return Field(value, file: file)
  }

  func clusterUID() throws(FleetError) -> ClusterUID { try text("a cluster uid") { ClusterUID($0) } }

  func appDigest() throws(FleetError) -> AppDigest { AppDigest(try digest()) }

  func releaseDigest() throws(FleetError) -> ReleaseDigest { ReleaseDigest(try digest()) }

  func timestamp() throws(FleetError) -> Timestamp {
    try text("an instant such as 2026-01-31T12:00:00Z") { Timestamp($0) }
  }

  func version() throws(FleetError) -> SemanticVersion {
    try text("a version such as 1.2.3", upTo: FormatLimits.tokenBytes) { SemanticVersion($0) }
  }

  /// The name of a fleet, environment, app, pipeline or cluster: it stands in paths, URLs and certificates as it is.
  func name() throws(FleetError) -> String {
    try text("a name: small letters, digits and '-', at most 63") { Names.isLabel($0[...]) ? $0 : nil }
  }

  /// Git's id of a commit: SHA-1 or SHA-256 in lowercase hexadecimal.
  func commit() throws(FleetError) -> String {
    try text("a commit id of 40 or 64 lowercase hexadecimal digits") { $0.isCommitID ? $0 : nil }
  }

  /// A text of at most so many bytes.
  func string(upTo limit: Int) throws(FleetError) -> String {
    let text = try string()
    guard text.utf8.count <= limit else {
      throw error("\(text.utf8.count) bytes, at most \(limit)", code: .limitExceeded)
    }
    return text
  }

  /// A text of a form of its own and of at most so many bytes.
  func text<Result>(
    _ form: String, upTo limit: Int, _ make: (String) -> Result?
  ) throws(FleetError) -> Result {
    _ = try string(upTo: limit)
    return try text(form, make)
  }

  /// A text that is not empty, of at most so many bytes.
  func nonEmptyString(upTo limit: Int) throws(FleetError) -> String {
    _ = try nonEmptyString()
    return try string(upTo: limit)
  }

  func blobReference() throws(FleetError) -> BlobReference {
    try object { fields throws(FleetError) in
      BlobReference(
        sha256: try fields.required("sha256").digest(),
        length: try fields.required("length").int(in: 0...ManifestSet.Limits.bytes))
    }
  }

  /// A list of at most so many elements.
  func array<Element>(
    upTo limit: Int, _ read: (Field) throws(FleetError) -> Element
  ) throws(FleetError) -> [Element] {
    let count = try array().count
    guard count <= limit else { throw error("\(count) elements, at most \(limit)", code: .limitExceeded) }
    return try array(read)
  }

  /// A list of at most so many texts, each of at most so many bytes.
  func strings(upTo limit: Int, bytes: Int) throws(FleetError) -> [String] {
    try array(upTo: limit) { field throws(FleetError) in try field.string(upTo: bytes) }
  }
}

extension Field? {
  /// What is read of a field that may be null.
  func read<Result>(_ read: (Field) throws(FleetError) -> Result) throws(FleetError) -> Result? {
    guard let self else { return nil }
    return try read(self)
  }
}

extension String {
  /// Whether this is 40 or 64 lowercase hexadecimal digits.
  fileprivate var isCommitID: Bool {
    (utf8.count == 40 || utf8.count == 64)
      && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// This text, or as much of its beginning as so many bytes hold together with `…`.
  func cut(to limit: Int) -> String {
    guard utf8.count > limit else { return self }
    let ellipsis = "…"
    var end = utf8.index(startIndex, offsetBy: max(0, limit - ellipsis.utf8.count))
    // Back to where a scalar starts.
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(unicodeScalars[..<end]) + ellipsis
  }
}
