import Digests
public import FleetModel
public import Manifests
import Trust

/// Signs the metadata of clusters' views with the hub's online keys.
///
/// Pure but for the keys: versions and instants come in. Whoever calls sees to it that no (role, version) of a cluster
/// ever has two contents: the store allocates versions once.
public struct MetadataSigner: Sendable {
  /// How long metadata of a cluster lives.
  public struct Expiry: Sendable, Hashable {
    public var targets: Duration
    public var timestamp: Duration

    /// Targets and snapshot 90 days (air-gapped 365); the timestamp 7 days where it is re-signed daily, 30 for an edge
    /// cluster, 90 for an air-gapped one.
    public init(_ connectivity: ClusterDeclaration.Connectivity) {
      let day: Duration = .seconds(86_400)
      switch connectivity {
      case .connected: (targets, timestamp) = (day * 90, day * 7)
      case .edge: (targets, timestamp) = (day * 90, day * 30)
      case .airgapped: (targets, timestamp) = (day * 365, day * 90)
      }
    }
  }

  /// The versions of a view that is signed whole.
  public struct Versions: Sendable, Hashable {
    public var targets: Int64
    public var snapshot: Int64
    public var timestamp: Int64

    public init(targets: Int64, snapshot: Int64, timestamp: Int64) {
      self.targets = targets
      self.snapshot = snapshot
      self.timestamp = timestamp
    }
  }

  /// A view's signed files.
  public struct SignedView: Sendable {
    public var targets: [UInt8]
    public var snapshot: [UInt8]
    public var timestamp: [UInt8]
  }

  private let signer: PrivateKey
  private let online: PrivateKey
  private let signerID: Digest
  private let onlineID: Digest

  /// `signer` signs targets, `online` snapshot and timestamp.
  init(signer: PrivateKey, online: PrivateKey) {
    self.signer = signer
    self.online = online
    signerID = MetadataKey(signer.publicKey).id
    onlineID = MetadataKey(online.publicKey).id
  }

  /// Both keys, for the hub's own storage, encrypted where a passphrase is given. Secret.
  func pems(passphrase: String?) throws(FleetError) -> (signer: [UInt8], online: [UInt8]) {
    (try signer.pem(passphrase: passphrase), try online.pem(passphrase: passphrase))
  }

  /// Signs all three roles around a bundle.
  public func sign(
    _ bundle: Bundle, bytes: [UInt8], _ versions: Versions, _ expiry: Expiry, at now: Timestamp
  ) throws(FleetError) -> SignedView {
    let audience = Audience(fleet: bundle.fleet, cluster: bundle.cluster, issuedAt: now)
    var files: [(String, Value)] = [
      (TargetPath.bundle(of: bundle.cluster), form(BlobReference(sha256: Digest(of: bytes), length: bytes.count)))
    ]
    files += bundle.apps.map { (TargetPath.app($0.name, of: bundle.cluster), form($0.manifests)) }
    let targets = try sign(
      signer, signerID, .targets, version: versions.targets, expires: now + expiry.targets, audience,
      ("targets", .object(Object(files))))
    let snapshot = try sign(
      online, onlineID, .snapshot, version: versions.snapshot, expires: now + expiry.targets, audience,
      ("meta", ["targets.json": reference(targets, versions.targets)]))
    let timestamp = try timestamp(
      for: snapshot, snapshotVersion: versions.snapshot, version: versions.timestamp, fleet: bundle.fleet,
      cluster: bundle.cluster, expiry, at: now)
    return SignedView(targets: targets, snapshot: snapshot, timestamp: timestamp)
  }

  /// Signs a fresh timestamp for a snapshot that stays.
  public func timestamp(
    for snapshot: [UInt8], snapshotVersion: Int64, version: Int64, fleet: String, cluster: ClusterUID,
    _ expiry: Expiry, at now: Timestamp
  ) throws(FleetError) -> [UInt8] {
    let audience = Audience(fleet: fleet, cluster: cluster, issuedAt: now)
    return try sign(
      online, onlineID, .timestamp, version: version, expires: now + expiry.timestamp, audience,
      ("meta", ["snapshot.json": reference(snapshot, snapshotVersion)]))
  }

  private func sign(
    _ key: PrivateKey, _ id: Digest, _ role: MetadataRole, version: Int64, expires: Timestamp, _ audience: Audience,
    _ content: (String, Value)
  ) throws(FleetError) -> [UInt8] {
    let signed = Object([
      ("_type", .string(role.rawValue)), ("spec_version", .string(SignedFile.specification)),
      ("version", .integer(version)),
      ("expires", .string(expires.wholeSeconds.description)), ("x-fleet", audience.form), content,
    ])
    let bytes = try SignedFile.bytes(.object(signed), [(id, key)])
    try role.check(length: bytes.count)
    return bytes
  }

  private func form(_ blob: BlobReference) -> Value {
    ["length": .integer(Int64(blob.length)), "hashes": ["sha256": .string(blob.sha256.hex)]]
  }

  private func reference(_ file: [UInt8], _ version: Int64) -> Value {
    MetadataReference(version: version, length: file.count, sha256: Digest(of: file)).form
  }
}
