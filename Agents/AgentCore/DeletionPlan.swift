import FleetModel
package import Manifests

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
          guardingAll: isEmpty ? "the app renders to nothing" : nil)
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
    let isMass = DeletionGuards.isMassDeletion(objects.count, of: ownedCount)
    for object in objects.reversed() {
      if confirmed.contains(object.id.description) {
        deletions[app, default: []].append(object)
      } else if let reason = DeletionGuards.reason(for: object.id) ?? guardingAll
        ?? (isMass ? "\(objects.count) of \(ownedCount) objects would be deleted at once" : nil)
      {
        held[app, default: []].append(HeldDeletion(object: object, reason: reason))
      } else {
        deletions[app, default: []].append(object)
      }
    }
  }
}

/// Which deletions need a person's word, because what they take along does not come back.
package enum DeletionGuards {
  /// More objects than this, together with the share below, make a mass deletion.
  static let massCount = 10
  /// Of the app's objects on this cluster.
  static let massPercent = 20

  private static let guardedKinds: [String: (group: String, why: String)] = [
    "Namespace": ("", "deleting a namespace deletes everything in it"),
    "CustomResourceDefinition": ("apiextensions.k8s.io", "deleting a CRD deletes all objects of its kind"),
    "PersistentVolumeClaim": ("", "deleting a volume claim can delete its data"),
  ]

  package static func reason(for id: ObjectID) -> String? {
    guard let (group, why) = guardedKinds[id.kind], group == id.group else { return nil }
    return why
  }

  static func isMassDeletion(_ count: Int, of total: Int) -> Bool {
    count > massCount && count * 100 > total * massPercent
  }
}
