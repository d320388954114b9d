public import FleetModel

/// What an agent says of itself to those who watch over it on the spot.
public struct AgentStatus: Sendable {
  /// How one app is.
  public struct App: Hashable, Sendable {
    public var sync: Sync
    public var health: Health

    public init(sync: Sync, health: Health) {
      self.sync = sync
      self.health = health
    }
  }

  /// Of every app of the accepted bundle.
  public var apps: [App]
  /// The accepted bundle's; 0 before the first.
  public var bundleSeq: Int64
  /// Objects that somebody else had changed or deleted and that were put right, since the start.
  public var corrections: Int64
  public var isConnected: Bool
  public var lastWelcome: Timestamp?
  public var lastPull: Timestamp?
  /// Why the cluster has not been made as its bundle says since the start, one line each; none when it has been.
  public var obstacles: [String]
}

extension Reconciler {
  /// What is known of the work as a whole.
  struct Progress {
    var apps: [AgentStatus.App]
    var corrections: Int64
    var obstacles: [String]
  }
}
