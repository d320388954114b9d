public import FleetModel
public import Manifests

/// What the engine made of an event.
public enum RolloutOutcome: Hashable, Sendable {
  /// The state changed. The entry is stored first, then the actions are carried out, in their order.
  case advanced(RolloutLogEntry, actions: [RolloutAction], closed: [RolloutStatus])
  /// The event changed nothing: there is nothing to store and nothing to do.
  case unchanged
  /// The event is not legal in this state, or not supported yet. Nothing changed.
  case refused(FleetError)
}

extension RolloutOutcome {
  public var entry: RolloutLogEntry? {
    if case .advanced(let entry, _, _) = self { entry } else { nil }
  }

  public var transitions: [Transition] { entry?.transitions ?? [] }

  public var actions: [RolloutAction] {
    if case .advanced(_, let actions, _) = self { actions } else { [] }
  }

  /// The last status of each rollout that ended with this event and that the engine no longer holds.
  public var closed: [RolloutStatus] {
    if case .advanced(_, _, let closed) = self { closed } else { [] }
  }

  public var refusal: FleetError? {
    if case .refused(let error) = self { error } else { nil }
  }
}

/// One step of the engine's log: what happened and what followed from it.
public struct RolloutLogEntry: Hashable, Sendable {
  /// Counts up by one over the engine's whole life; the first is 1.
  public var number: Int64
  /// When the engine took the event; never before the entry's predecessor.
  public var time: Timestamp
  public var event: RolloutEvent
  public var transitions: [Transition]

  public init(number: Int64, time: Timestamp, event: RolloutEvent, transitions: [Transition]) {
    self.number = number
    self.time = time
    self.event = event
    self.transitions = transitions
  }

  /// The apps that the event or a transition concerns, in the order of their names' bytes.
  public var apps: [String] {
    Set(transitions.map(\.subject.app) + event.apps).sorted { $0.precedesInBytes($1) }
  }

  /// The rollouts that a transition concerns, in the order of their names' bytes.
  public var rollouts: [String] {
    Set(transitions.map(\.subject.rollout)).sorted { $0.precedesInBytes($1) }
  }
}

/// One change of one state, and why.
public struct Transition: Hashable, Sendable {
  public enum Subject: Hashable, Sendable {
    case rollout(String, app: String)
    case stage(String, rollout: String, app: String)
    case cluster(ClusterUID, rollout: String, app: String)

    public var app: String {
      switch self {
      case .rollout(_, let app), .stage(_, _, let app), .cluster(_, _, let app): app
      }
    }

    public var rollout: String {
      switch self {
      case .rollout(let rollout, _), .stage(_, let rollout, _), .cluster(_, let rollout, _): rollout
      }
    }
  }

  public var subject: Subject
  /// The text of a `RolloutState`, `StageState` or `ClusterState`.
  public var from: String
  public var to: String
  /// One sentence.
  public var reason: String

  public init(subject: Subject, from: String, to: String, reason: String) {
    self.subject = subject
    self.from = from
    self.to = to
    self.reason = reason
  }
}
