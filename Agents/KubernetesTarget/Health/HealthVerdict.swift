import AgentCore
import FleetModel
import Manifests

/// What one object's health is, whether it holds a gate, and why.
struct HealthVerdict: Hashable, Sendable {
  var health: Health
  /// Whether the state holds a gate back; never so when healthy.
  var isBlocking: Bool
  /// In words, without the object's name; empty for a healthy object.
  var reason: String
  /// When the verdict changes by the passing of time alone, so that somebody has to look again then.
  var changesAt: Timestamp?
}

extension HealthVerdict {
  static let healthy = HealthVerdict(health: .healthy, isBlocking: false, reason: "")
  static let missing = missing("does not exist")

  static func missing(_ reason: String) -> HealthVerdict {
    HealthVerdict(health: .missing, isBlocking: true, reason: reason)
  }

  static func progressing(_ reason: String) -> HealthVerdict {
    HealthVerdict(health: .progressing, isBlocking: true, reason: reason)
  }

  static func degraded(_ reason: String) -> HealthVerdict {
    HealthVerdict(health: .degraded, isBlocking: true, reason: reason)
  }

  static func unknown(_ reason: String) -> HealthVerdict {
    HealthVerdict(health: .unknown, isBlocking: true, reason: reason)
  }

  /// - Parameter isAskedFor: whether the manifest itself says so; only then a gate lets it pass.
  static func suspended(_ reason: String, isAskedFor: Bool) -> HealthVerdict {
    HealthVerdict(health: .suspended, isBlocking: !isAskedFor, reason: reason)
  }

  /// The same state of an object that no gate waits for.
  var neverBlocking: HealthVerdict {
    var verdict = self
    verdict.isBlocking = false
    return verdict
  }

  /// The verdict with what is wrong beneath the object, in bounded words.
  func explained(by trouble: Trouble?) -> HealthVerdict {
    var verdict = self
    if let trouble {
      verdict.reason = reason.isEmpty ? trouble.words : "\(reason): \(trouble.words)"
      verdict.changesAt = [changesAt, trouble.changesAt].compactMap { $0 }.min()
    }
    verdict.reason = verdict.reason.onOneLine(upTo: HealthLimits.reasonCharacters)
    return verdict
  }

  /// As an app's observation has it.
  func observation(of id: ObjectID) -> AppObservation.Object {
    AppObservation.Object(id: id, health: health, isBlocking: isBlocking, reason: reason)
  }
}
