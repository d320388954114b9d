public import FleetModel

/// Digests of an app that are assigned to nobody.
public struct HoldStatus: Hashable, Sendable {
  /// Among the app's holds.
  public var number: Int
  /// Whether it ends by itself as Git asks for something else.
  public var isAutomatic: Bool
  /// In the order of their names; none for all.
  public var stages: [String]
  public var digests: [AppDigest]
  /// How many clusters it was put on for; 0 for one that names digests alone.
  public var clusters: Int
  public var actor: String
  public var reason: String
  /// The rollout that was rolled back; nil where none was.
  public var rollout: String?
  public var time: Timestamp
}

/// A release that waits for the rollout under way.
public struct QueuedRelease: Hashable, Sendable {
  public var commit: String
  public var release: ReleaseDigest
  /// What it waits for: one clause.
  public var reason: String
}

/// Nothing new reaches what a scope covers.
public struct SuspensionStatus: Hashable, Sendable {
  public var scope: SuspensionScope
  public var actor: String
  public var reason: String
  public var time: Timestamp
}
