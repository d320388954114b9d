import FleetModel

@testable import RolloutEngine

/// What one command of a story led to, and what stood where before and after it.
struct Moment {
  /// A cluster in a rollout, or beside one.
  struct Spot: Hashable {
    var rollout: String
    var cluster: ClusterUID
    /// Of a loose track, what it is for.
    var purpose = ""

    /// What an air-gapped cluster has for a purpose, and its app for a rollout.
    static let outside = "Outside"
  }

  var command: [String]
  var lines: [String]
  var transitions: [Transition]
  var before: [Spot: String]
  var after: [Spot: String]

  /// Plays a command.
  init(_ command: String, _ teller: inout Storyteller) throws {
    self.command = command.split(separator: " ").map(String.init)
    before = Self.spots(teller.engine)
    let told = teller.log.count
    let closed = teller.closed.count
    lines = try teller.perform(command)
    transitions = teller.log[told...].flatMap(\.transitions)
    after = Self.spots(teller.engine)
    for rollout in teller.closed[closed...] {
      for stage in rollout.stages {
        for cluster in stage.clusters {
          after[Spot(rollout: rollout.id, cluster: cluster.cluster)] = cluster.state.description
        }
      }
    }
  }

  private static func spots(_ engine: RolloutEngine) -> [Spot: String] {
    var found: [Spot: String] = [:]
    for app in engine.apps.values {
      for entry in app.loose.entries.values {
        for (cluster, track) in entry.lane.tracks {
          let spot = Spot(rollout: entry.lane.rollout, cluster: cluster, purpose: entry.purpose.rawValue)
          found[spot] = track.state.description
        }
      }
      for (cluster, outsider) in app.outsiders {
        found[Spot(rollout: app.app, cluster: cluster, purpose: Spot.outside)] = outsider.state.description
      }
      guard let rollout = app.current else { continue }
      for stage in rollout.stages {
        for (cluster, track) in stage.lane.tracks {
          found[Spot(rollout: rollout.id, cluster: cluster)] = track.state.description
        }
        for cluster in stage.unchanged { found[Spot(rollout: rollout.id, cluster: cluster)] = "Skipped(NoChange)" }
        for cluster in stage.held { found[Spot(rollout: rollout.id, cluster: cluster)] = "Skipped(Held)" }
      }
    }
    return found
  }
}

extension Moment {
  /// The events that commands of stories stand for.
  private static let events: [String: [String]] = [
    "join": ["clusterJoined"], "fleet": ["clusterJoined", "clusterConnected"], "declare": ["clusterChanged"],
    "leave": ["clusterLeft"], "connect": ["clusterConnected"], "disconnect": ["clusterDisconnected"],
    "hub-started": ["hubStarted"], "commit": ["releaseRendered"], "observed": ["commitObserved"],
    "amend": ["amendmentRendered"], "pulling": ["pullProgressed"], "pulled": ["bundleAccepted"],
    "refuse": ["bundleRefused"], "healthy": ["clusterReported"], "report": ["clusterReported"],
    "wait": ["timePassed"], "windows": ["freezesChanged"], "approve": ["approved"], "pause": ["paused"],
    "resume": ["resumed"], "accept-silence": ["silenceAccepted"], "abort": ["aborted"], "retry": ["retried"],
    "exclude": ["excluded"], "confirm": ["deletionsConfirmed"], "roll-back": ["rolledBack"], "hold": ["held"],
    "lift": ["holdLifted"], "promote": ["promoted"], "override": ["freezeOverridden"], "suspend": ["suspended"],
    "unsuspend": ["unsuspended"],
  ]

  /// The events that the command stands for; none for a question.
  var happened: [String] {
    if command[0] == "analysis", command.count > 4 { return ["analysisFinished(\(command[4]))"] }
    return Self.events[command[0]] ?? []
  }
}

/// What of a row a moment shows.
struct Evidence {
  var states: Set<String> = []
  var events: Set<String> = []
  var next: Set<String> = []
  var isThere = false

  static let none = Evidence()

  mutating func add(_ other: Evidence) {
    isThere = isThere || other.isThere
    states.formUnion(other.states)
    events.formUnion(other.events)
    next.formUnion(other.next)
  }
}

extension Moment {
  /// What of a row the command shows; none where it does not.
  func evidence(of row: DocumentedRow) -> Evidence {
    let named = happened.filter(row.events.contains)
    guard !happened.isEmpty, !named.isEmpty || row.takesAnyEvent else { return .none }
    guard !row.needsStart || transitions.contains(where: { $0.from == "Planned" }) else { return .none }
    guard row.marks.allSatisfy({ mark in lines.contains { $0.hasPrefix(mark) } }) else { return .none }
    var found = states(of: row)
    if found.isThere { found.events = Set(named) }
    return found
  }

  private func states(of row: DocumentedRow) -> Evidence {
    switch row.kind {
    case .fleet, .hold, .restraint: return Evidence(isThere: true)
    case .rollout where row.isOfNone:
      let starts = transitions.contains { $0.from == "Planned" }
      return starts ? .none : Evidence(states: row.states, next: row.next, isThere: true)
    case .cluster, .looseTrack, .stage, .rollout, .outside: break
    }
    if row.isOfNew { return newcomers(row) }
    if row.stays { return row.kind == .stage ? stayingStage(row) : staying(row) }
    var found = Evidence.none
    for transition in transitions where row.states.contains(transition.from) && row.next.contains(transition.to) {
      guard isAbout(row, transition) else { continue }
      found.add(Evidence(states: [transition.from], next: [transition.to], isThere: true))
    }
    return found
  }

  private func isAbout(_ row: DocumentedRow, _ transition: Transition) -> Bool {
    switch (row.kind, transition.subject) {
    case (.cluster, .cluster), (.stage, .stage), (.rollout, .rollout): return true
    case (.outside, .cluster(let cluster, _, let app)):
      let spot = Spot(rollout: app, cluster: cluster, purpose: Spot.outside)
      return before[spot] != nil || after[spot] != nil
    case (.looseTrack, .cluster(let cluster, let rollout, _)):
      let spot = Spot(rollout: rollout, cluster: cluster, purpose: row.looseTrackPurpose)
      if before[spot] != nil || after[spot] != nil { return true }
      // It began and ended as the rollout that it was in was superseded.
      return before[Spot(rollout: rollout, cluster: cluster)] != nil && transitions.contains { $0.supersedes(rollout) }
    default: return false
    }
  }

  private func newcomers(_ row: DocumentedRow) -> Evidence {
    var found = Evidence.none
    for (spot, state) in after where before[spot] == nil && row.next.contains(state) {
      guard spot.purpose == row.looseTrackPurpose else { continue }
      found.add(Evidence(states: row.states, next: [state], isThere: true))
    }
    return found
  }

  private func staying(_ row: DocumentedRow) -> Evidence {
    var found = Evidence.none
    for (spot, state) in after where row.states.contains(state) {
      guard row.kind == .cluster || spot.purpose == row.looseTrackPurpose else { continue }
      // One that goes on beside was in the rollout before.
      let inRollout = Spot(rollout: spot.rollout, cluster: spot.cluster)
      guard before[spot] == state || before[inRollout] == state else { continue }
      found.add(Evidence(states: [state], isThere: true))
    }
    return found
  }

  /// A stage whose next wave begins says so in an offer.
  private func stayingStage(_ row: DocumentedRow) -> Evidence {
    let offers = transitions.contains { $0.to == "Offered" && $0.reason.firstMatch(of: /^wave [2-9]/) != nil }
    return offers ? Evidence(states: row.states, isThere: true) : .none
  }
}

extension Transition {
  fileprivate func supersedes(_ rollout: String) -> Bool {
    if case .rollout(rollout, _) = subject { to == "Superseded" } else { false }
  }
}

extension DocumentedRow {
  /// As the engine calls it; empty for what is no loose track.
  fileprivate var looseTrackPurpose: String {
    switch purpose {
    case "settling": LooseLanes.Purpose.settling.rawValue
    case "catching up": LooseLanes.Purpose.catchingUp.rawValue
    case "rolling back": LooseLanes.Purpose.rollingBack.rawValue
    case _ where kind == .outside: Moment.Spot.outside
    default: ""
    }
  }
}
