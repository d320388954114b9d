import FleetModel
public import FleetStore
public import Manifests
public import Rendering
public import RolloutEngine

/// What a commit would do if it came into force now.
public struct ReleasePlan: Sendable {
  /// One app of the commit, or one that the commit removes.
  public struct App: Sendable {
    public var name: String
    /// Why it does not render; it keeps the release that it has.
    public var errors: [FleetError] = []
    /// What is doubtful about it and was not before; it keeps nothing from happening.
    public var warnings: [FleetError] = []
    public var isRemoved = false
    /// As the commit declares it.
    public var plan: AppPlan?
    /// nil where it has errors, or concerns no member.
    public var forecast: ReleaseForecast?
  }

  /// What becomes of the fleet's clusters, by name.
  public struct Clusters: Sendable {
    public var declared = 0
    public var enrolled = 0
    /// Declared for the first time: nothing goes there before they have enrolled.
    public var added: [String] = []
    /// Declared no longer: they keep what they run, and get nothing any more.
    public var removed: [String] = []
    /// In another environment, or with other labels.
    public var changed: [String] = []
  }

  public var commit: ObservedCommit
  /// nil before the first.
  public var inForce: ObservedCommit?
  /// Of declarations; those of apps stand with them.
  public var errors: [FleetError]
  /// False where `fleet.yaml` cannot be read: then the commit in force stays, and nothing else is known.
  public var isWhole = false
  public var apps: [App] = []
  public var clusters = Clusters()
  /// From what members are assigned now to what the commit gives them, on those that would get it.
  public var difference = FleetDifference.joined([], clusters: 0)

  init(commit: ObservedCommit, inForce: ObservedCommit?, errors: [FleetError]) {
    self.commit = commit
    self.inForce = inForce
    self.errors = errors
  }
}

/// How far a plan is.
public struct PlanProgress: Sendable {
  public var apps: Int
  public var appsDone: Int
}
