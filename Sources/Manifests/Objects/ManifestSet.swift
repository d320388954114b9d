public import Digests

/// An app's objects for a cluster, in the order in which they are applied.
///
/// Its name is the SHA-256 of its canonical bytes: a JSON array of the objects. Clusters with the same set share it.
public struct ManifestSet: Sendable {
  /// In the order in which they are applied; their identities are distinct.
  public let manifests: [Manifest]
  /// What is stored, signed and sent.
  public let canonicalBytes: [UInt8]
  public let digest: Digest

  /// The set of these objects, in any order. Throws when two of them have one identity, or when they are too many or
  /// too large.
  public init(_ manifests: [Manifest]) throws(FleetError) {
    let sorted = ApplyOrder.sorted(manifests)
    try ManifestSet.check(sorted)
    let bytes = JSON.canonical(.array(sorted.map(\.value)))
    guard bytes.count <= Limits.bytes else {
      throw FleetError(.limitExceeded, "\(bytes.count) bytes of objects, at most \(Limits.bytes)")
    }
    self.init(unchecked: sorted, canonicalBytes: bytes)
  }

  /// The set that these canonical bytes are. Throws for anything but the bytes that this set's own would be.
  /// - Parameter file: what errors call the bytes.
  public init(canonicalBytes bytes: [UInt8], file: String) throws(FleetError) {
    let limits = ParseLimits(bytes: Limits.bytes, nodes: Limits.nodes)
    let value = try JSON.parse(bytes, file: file, limits: limits)
    var manifests: [Manifest] = []
    for field in try Field(value, file: file).array() {
      manifests.append(try Manifest(field.value, origin: Manifest.Origin(file: file)))
    }
    try ManifestSet.check(manifests)
    guard JSON.canonical(value) == bytes else {
      throw FleetError(.invalidJSON, "not in canonical form", at: FleetError.Address(file: file))
    }
    self.init(unchecked: manifests, canonicalBytes: bytes)
  }

  private init(unchecked manifests: [Manifest], canonicalBytes: [UInt8]) {
    self.manifests = manifests
    self.canonicalBytes = canonicalBytes
    digest = Digest(of: canonicalBytes)
  }

  private static func check(_ manifests: [Manifest]) throws(FleetError) {
    guard manifests.count <= Limits.objects else {
      throw FleetError(.limitExceeded, "\(manifests.count) objects, at most \(Limits.objects)")
    }
    var seen: [ObjectID: Manifest] = [:]
    for manifest in manifests {
      guard let first = seen.updateValue(manifest, forKey: manifest.id) else { continue }
      let place = "\(FleetError.Address(file: first.origin?.file, line: first.origin?.line))"
      throw FleetError(
        .duplicateObject, "the same object twice", at: manifest.address,
        cause: place.isEmpty ? "" : "also at \(place)")
    }
  }
}

extension ManifestSet {
  /// Bounds on one app's objects on one cluster.
  public enum Limits {
    /// The largest published operators come to 10 MB.
    public static let bytes = 64 << 20
    /// The largest published applications have some hundred objects.
    public static let objects = 20_000
    /// A value for every ten bytes, as in the densest manifests.
    public static let nodes = bytes / 10
  }
}

extension ManifestSet: Hashable {
  public static func == (left: ManifestSet, right: ManifestSet) -> Bool { left.digest == right.digest }
  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}
