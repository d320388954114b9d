import FleetModel
import Manifests

/// Who is being corrected how often, so that a fight with somebody else is seen and slowed down.
struct DriftHistory {
  /// More corrections of one object than this within the window is a fight (Argo CD's users call it a sync loop).
  static let correctionsPerWindow = 5
  static let window: Duration = .seconds(60)
  /// How long the app is left alone between corrections while it lasts.
  static let pause: Duration = .seconds(10)

  private var corrections: [ObjectID: [Timestamp]] = [:]
  private var alarmed: Set<ObjectID> = []

  /// Records that drift of these objects was corrected; returns those for which a fight has just begun.
  mutating func corrected(_ objects: [ObjectID], at now: Timestamp) -> [ObjectID] {
    forget(before: now - DriftHistory.window)
    var begun: [ObjectID] = []
    for object in objects {
      corrections[object, default: []].append(now)
      let count = corrections[object]?.count ?? 0
      if count > DriftHistory.correctionsPerWindow, alarmed.insert(object).inserted { begun.append(object) }
    }
    return begun
  }

  /// Until when drift of this object is left uncorrected; nil when it may be corrected now.
  func pausedUntil(_ object: ObjectID, at now: Timestamp) -> Timestamp? {
    guard alarmed.contains(object), let last = corrections[object]?.last else { return nil }
    let end = last + DriftHistory.pause
    return end > now ? end : nil
  }

  private mutating func forget(before start: Timestamp) {
    for (object, times) in corrections {
      let recent = times.filter { $0 >= start }
      corrections[object] = recent.isEmpty ? nil : recent
      // Slowed down, a fight has fewer corrections in the window than began it: only quiet ends it.
      if recent.isEmpty { alarmed.remove(object) }
    }
  }
}
