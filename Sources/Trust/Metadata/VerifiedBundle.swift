public import Digests
public import FleetModel
public import Manifests

/// A bundle that the trusted targets of its cluster's view name: the only thing an agent obeys.
public struct VerifiedBundle: Sendable {
  public let bundle: Bundle
  /// `bundle.json`, verbatim.
  public let bytes: [UInt8]
  /// The generation of the fleet's history that it belongs to.
  public let epoch: Int64

  public var reference: BlobReference { BlobReference(sha256: Digest(of: bytes), length: bytes.count) }

  /// What must be known of the agent to judge a bundle.
  public struct Acceptance: Sendable {
    /// The (epoch, bundle_seq) accepted last; (0, 0) before the first.
    public var epoch: Int64
    public var bundleSeq: Int64
    public var agentVersion: SemanticVersion
    /// The bundle accepted last; nil before the first.
    public var bundle: Digest?

    public init(epoch: Int64, bundleSeq: Int64, agentVersion: SemanticVersion, bundle: Digest? = nil) {
      self.epoch = epoch
      self.bundleSeq = bundleSeq
      self.agentVersion = agentVersion
      self.bundle = bundle
    }

    /// A lower number is a rollback, and one number never names two bundles.
    func check(_ bundle: VerifiedBundle) throws(FleetError) {
      let address = FleetError.Address(file: "bundle.json", cluster: "\(bundle.bundle.cluster)")
      let number = (bundle.epoch, bundle.bundle.bundleSeq)
      guard number >= (epoch, bundleSeq) else {
        throw FleetError(
          .rollbackAttack,
          "bundle \(bundle.bundle.bundleSeq) of epoch \(bundle.epoch) after bundle \(bundleSeq) of epoch \(epoch)",
          at: address)
      }
      if number == (epoch, bundleSeq), let accepted = self.bundle, accepted != bundle.reference.sha256 {
        throw FleetError(
          .contentMismatch, "bundle \(bundleSeq) of epoch \(epoch) has other content than when it was accepted",
          at: address)
      }
    }
  }

  /// The bundle that a view's targets name; nil before there are targets.
  public static func reference(in view: TrustedView) -> BlobReference? {
    guard let owner = view.owner else { return nil }
    return view.targets?.reference(of: TargetPath.bundle(of: owner.cluster))
  }

  /// Verifies `bundle.json` against the view's targets, and every manifest set that it names.
  public init(_ bytes: [UInt8], in view: TrustedView, _ acceptance: Acceptance) throws(FleetError) {
    guard let owner = view.owner, let targets = view.targets, let reference = VerifiedBundle.reference(in: view) else {
      throw FleetError(
        .contentMismatch, "the targets name no bundle", at: .init(cluster: view.owner.map { "\($0.cluster)" }))
    }
    guard bytes.count == reference.length, Digest(of: bytes) == reference.sha256 else {
      throw FleetError(
        .contentMismatch, "the bundle is not the one that the targets name", at: .init(file: "bundle.json"))
    }
    try self.init(
      own: bytes, cluster: owner.cluster, fleet: owner.fleet, epoch: view.root.epoch, readBy: acceptance.agentVersion)
    try acceptance.check(self)
    for app in bundle.apps where targets.reference(of: TargetPath.app(app.name, of: owner.cluster)) != app.manifests {
      throw FleetError(
        .contentMismatch, "the targets do not name the manifests of the app",
        at: .init(file: "bundle.json", app: app.name))
    }
  }

  /// A bundle that this agent verified and accepted before, read back from its own storage by its digest.
  public init(
    accepted bytes: [UInt8], digest: Digest, cluster: ClusterUID, fleet: String, epoch: Int64
  ) throws(FleetError) {
    guard Digest(of: bytes) == digest else {
      throw FleetError(.contentMismatch, "the accepted bundle is damaged", at: .init(file: "bundle.json"))
    }
    try self.init(own: bytes, cluster: cluster, fleet: fleet, epoch: epoch, readBy: nil)
  }

  private init(
    own bytes: [UInt8], cluster: ClusterUID, fleet: String, epoch: Int64, readBy agent: SemanticVersion?
  ) throws(FleetError) {
    bundle = try Bundle(json: bytes, file: "bundle.json", readBy: agent)
    guard bundle.cluster == cluster, bundle.fleet.hasSameBytes(as: fleet) else {
      throw FleetError(
        .wrongAudience, "the bundle is for cluster \(bundle.cluster) of fleet \(bundle.fleet)",
        at: .init(cluster: "\(cluster)"))
    }
    self.bytes = bytes
    self.epoch = epoch
  }

  /// The manifest set of an app, from bytes that must be the ones the bundle names.
  public func manifests(of app: Bundle.App, _ bytes: [UInt8]) throws(FleetError) -> ManifestSet {
    guard bytes.count == app.manifests.length, Digest(of: bytes) == app.manifests.sha256 else {
      throw FleetError(
        .contentMismatch, "the manifests are not the ones that the bundle names", at: .init(app: app.name))
    }
    return try ManifestSet(canonicalBytes: bytes, file: "manifests of \(app.name)")
  }
}
