import FleetModel
import Manifests

/// What leaves the target: computed from what is owned and what is desired, never from a failure.
///
/// An object that any desired app wants is not deleted, whichever app owns it now: it is handed over when that app is
/// applied. An owned app that the bundle neither has nor removes is left alone, for nothing says it may go.
struct DeletionPlan: Equatable {
  /// To be deleted, by the app that owns them, each list in the reverse of its order of creation.
  var deletions: [String: [OwnedObject]] = [:]
  /// To be forgotten and left where they are.
  var orphans: [OwnedObject] = []
  /// What may not be deleted, and why.
  var held: [String: [HeldDeletion]] = [:]

  struct HeldDeletion: Equatable {
    var object: OwnedObject
    var reason: String
  }

  init(owned: [OwnedObject], desired: DesiredState) {
    let wanted = Set(desired.apps.flatMap { $0.manifests.manifests.map(\.id) })
    let removals = Dictionary(desired.removals.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (app, objects) in Dictionary(grouping: owned, by: \.app) {
      let gone = objects.filter { !wanted.contains($0.id) }
      if let current = desired.app(named: app) {
        guard current.policy.prune else { continue }
        let isEmpty = current.manifests.manifests.isEmpty
        admit(
          gone, of: app, ownedCount: objects.count, confirmed: current.confirmedDeletions,
          guardingAll: isEmpty ? DeletionGuards.emptyReason : nil)
      } else if let removal = removals[app] {
        switch removal.absent {
        case .prune: admit(gone, of: app, ownedCount: objects.count, confirmed: Set(removal.confirmedDeletions))
        case .orphan: orphans += gone
        }
      }
    }
  }

  /// - Parameter guardingAll: why every one of these deletions needs a word; nil when each stands for itself.
  private mutating func admit(
    _ objects: [OwnedObject], of app: String, ownedCount: Int, confirmed: Set<String>, guardingAll: String? = nil
  ) {
    let mass = DeletionGuards.massReason(objects.count, of: ownedCount)
    for object in objects.reversed() {
      if confirmed.contains(object.id.description) {
        deletions[app, default: []].append(object)
      } else if let reason = DeletionGuards.reason(for: object.id) ?? guardingAll ?? mass {
        held[app, default: []].append(HeldDeletion(object: object, reason: reason))
      } else {
        deletions[app, default: []].append(object)
      }
    }
  }
}
