internal import FleetModel

/// What the last report says about the assigned digest.
enum Verdict: Hashable {
  /// There is no evidence for this digest: nothing, something stale, or something about another digest.
  case none
  case passes
  case applying(String)
  case waiting(String)
  case degraded(String)
}

extension Verdict {
  /// Judges an observation for the digest that is assigned.
  init(_ observation: AppObservation?, of digest: AppDigest, isAbsence: Bool, gate: AppDeclaration.Gate) {
    guard let observation, observation.digest == digest else {
      self = .none
      return
    }
    self = gate == .healthy && !isAbsence ? Verdict(health: observation) : Verdict(sync: observation)
  }

  private init(sync observation: AppObservation) {
    switch observation.sync {
    case .synced: self = .passes
    case .applying: self = .applying(observation.sentence)
    case .failed: self = .degraded(observation.sentence)
    case .outOfSync, .unknown: self = .waiting(observation.sentence)
    }
  }

  private init(health observation: AppObservation) {
    if observation.sync == .failed || (observation.blocking && observation.health == .degraded) {
      self = .degraded(observation.sentence)
    } else if observation.sync == .applying {
      self = .applying(observation.sentence)
    } else if observation.sync == .synced, !observation.blocking, observation.health != .unknown {
      self = .passes
    } else {
      self = .waiting(observation.sentence)
    }
  }
}

extension AppObservation {
  /// What was observed, for people.
  fileprivate var sentence: String {
    let state = "\(sync.rawValue), \(health.rawValue)"
    return reason.isEmpty ? state : "\(state): \(reason)"
  }

  /// Whether both say the same about the app; their wording may differ.
  func means(_ other: AppObservation) -> Bool {
    digest == other.digest && sync == other.sync && health == other.health && blocking == other.blocking
  }
}
