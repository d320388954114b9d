public import FleetModel
public import Manifests

/// What an agent makes be as its bundle says: a Kubernetes API server, or a folder that an edge host watches.
///
/// The reconciler decides what is applied, in which order, what may be deleted and when it is tried again; a target
/// only does it, and says what became of every object. Calls come from several tasks at once: `apply` for different apps
/// but never twice for one, `observe` likewise and also while the same app is applied, `owned`, `delete` and `disown` one
/// at a time beside them; `watch` runs for the agent's whole life. None of them throws for what befalls a single object:
/// a failed object is an outcome, and the others go on.
public protocol ApplyTarget: Sendable {
  /// What reports call this kind of target: `directory`, `kubernetes`.
  var kind: String { get }

  /// What the target calls itself, such as the API server's version; empty when it has no such thing.
  func serverVersion() async -> String

  /// Runs until it is cancelled, and calls `changed` for whatever happened to the target that was not its own doing.
  ///
  /// Spurious and merged calls are fine; a lost one is made good by the reconciler's periodic full check only.
  func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError)

  /// Makes every object of the app be as desired (or, when only comparing, says which are not).
  ///
  /// Idempotent; costs no write when nothing differs. Objects come back in the order of the manifest set.
  func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome]

  /// Everything the target holds that this agent put there, from an inventory that survives the agent.
  func owned() async throws(FleetError) -> [OwnedObject]

  /// Deletes objects it owns, in the order given. One that is gone already counts as deleted.
  func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome]

  /// Stops owning objects without touching them.
  func disown(_ objects: [OwnedObject]) async -> [ObjectOutcome]

  /// What is known of the app's health, for exactly the digest of `app`, without waiting for anybody who may not answer:
  /// what is heard later is told by `watch`.
  func observe(_ app: DesiredApp) async -> AppObservation

  /// Forgets what it remembers of other apps than these; what it owns stays. Called with every new desired state.
  func keep(_ apps: Set<String>) async
}

extension ApplyTarget {
  public func keep(_ apps: Set<String>) async {}
}

/// Whether an apply may write.
public enum ApplyMode: Sendable {
  case enforce
  /// Only find out what differs: for an app whose `selfHeal` is off once it was applied.
  case compare
}

/// What happened to a target that was not the agent's doing.
public enum TargetChange: Sendable, Hashable {
  /// Something that this app owns was changed or deleted by somebody else.
  case drifted(app: String)
  /// The health of this app may have changed.
  case healthChanged(app: String)
  /// Anything may have changed: a watch was lost, a queue overflowed.
  case everything
}

/// An object that the agent put into the target, and for which app.
public struct OwnedObject: Hashable, Sendable {
  public var app: String
  public var id: ObjectID

  public init(app: String, id: ObjectID) {
    self.app = app
    self.id = id
  }
}

/// What became of one object in one attempt.
public struct ObjectOutcome: Sendable {
  public enum Result: Sendable {
    /// It was as desired already.
    case unchanged
    case created
    case changed
    case deleted
    /// It differs and was left so, for only comparing was asked for.
    case differs
    /// It could not be done. A transient failure is worth trying again soon; any other waits for a change or the
    /// periodic full check.
    case failed(FleetError, isTransient: Bool)
  }

  public var id: ObjectID
  public var result: Result
  /// Who made the change that was corrected, in the target's words; empty when nobody is known.
  public var changedBy: String

  public init(id: ObjectID, result: Result, changedBy: String = "") {
    self.id = id
    self.result = result
    self.changedBy = changedBy
  }
}

/// What was observed of an app at one digest.
public struct AppObservation: Sendable, Hashable {
  public struct Object: Sendable, Hashable {
    public var id: ObjectID
    public var health: Health
    /// Whether a state other than Healthy holds a gate back.
    public var isBlocking: Bool
    /// In words; empty for a healthy object.
    public var reason: String

    public init(id: ObjectID, health: Health, isBlocking: Bool, reason: String) {
      self.id = id
      self.health = health
      self.isBlocking = isBlocking
      self.reason = reason
    }
  }

  /// Every object of the app that was observed.
  public var objects: [Object]
  /// What holds for the app as a whole, beside its objects: nil when its objects say it all.
  public var overall: Object.Verdict?

  public init(objects: [Object], overall: Object.Verdict? = nil) {
    self.objects = objects
    self.overall = overall
  }
}

extension AppObservation.Object {
  /// A health with its reason, of no object in particular.
  public struct Verdict: Sendable, Hashable {
    public var health: Health
    public var isBlocking: Bool
    public var reason: String

    public init(health: Health, isBlocking: Bool, reason: String) {
      self.health = health
      self.isBlocking = isBlocking
      self.reason = reason
    }
  }
}
