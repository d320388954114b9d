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
  /// Who last made a change that was corrected, where it is known.
  private var opponents: [ObjectID: String] = [:]

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

  /// Remembers who made a change that was corrected.
  mutating func changed(_ object: ObjectID, by name: String) {
    if !name.isEmpty { opponents[object] = name }
  }

  /// Who it is that changes an object again and again.
  func opponent(over object: ObjectID) -> String { opponents[object] ?? "somebody who is not known" }

  /// Which of these objects are fought over, and with whom.
  func fights(over objects: [ObjectID], at now: Timestamp) -> [ObjectID: String] {
    let start = now - DriftHistory.window
    let fought = objects.filter { alarmed.contains($0) && corrections[$0]?.last.map { $0 >= start } == true }
    return Dictionary(fought.map { ($0, opponent(over: $0)) }, uniquingKeysWith: { first, _ in first })
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
      if recent.isEmpty {
        alarmed.remove(object)
        opponents[object] = nil
      }
    }
  }
}
