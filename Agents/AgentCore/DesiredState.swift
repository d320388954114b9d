public import FleetModel
public import Manifests

/// One app as a verified bundle wants it: the only thing a target is ever asked to apply.
///
/// There is no public way to make one from bytes; `DesiredState` makes them from a verified bundle and verified blobs.
public struct DesiredApp: Sendable {
  public let name: String
  public let digest: AppDigest
  public let manifests: ManifestSet
  public let policy: AppPolicy
  /// Apps are applied in ascending order.
  public let order: Int
  /// Guarded deletions that an operator confirmed, as `ObjectID.description` writes them.
  public let confirmedDeletions: Set<String>

  package init(
    name: String, digest: AppDigest, manifests: ManifestSet, policy: AppPolicy, order: Int,
    confirmedDeletions: Set<String>
  ) {
    self.name = name
    self.digest = digest
    self.manifests = manifests
    self.policy = policy
    self.order = order
    self.confirmedDeletions = confirmedDeletions
  }
}

/// All that a cluster should be, from one verified bundle.
public struct DesiredState: Sendable {
  public let bundleSeq: Int64
  /// In the order in which they are applied.
  public let apps: [DesiredApp]
  public let removals: [Bundle.Removal]
  private let places: [String: Int]

  package init(bundleSeq: Int64, apps: [DesiredApp], removals: [Bundle.Removal]) {
    self.bundleSeq = bundleSeq
    self.apps = apps.sorted { ($0.order, $0.name) < ($1.order, $1.name) }
    self.removals = removals
    places = Dictionary(
      self.apps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func app(named name: String) -> DesiredApp? { places[name].map { apps[$0] } }
}
