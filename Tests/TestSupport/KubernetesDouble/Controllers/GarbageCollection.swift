import Manifests

/// Deletes what is owned by what is gone, as ownerReferences say.
extension ClusterState {
  mutating func collectGarbage(after event: ChangeEvent) {
    guard settings.runsControllers else { return }
    switch event.kind {
    case .deleted:
      for (object, kind) in dependents(of: event.object) where !hasLivingOwner(object) {
        delete(object, kind, DeleteOptions(propagation: "Background"))
      }
      for owner in owners(of: event.object) { finishForeground(owner.object, owner.kind) }
    case .modified where event.object.isTerminating:
      guard let kind = catalog.stored.first(where: { $0.resource == event.resource }) else { return }
      if event.object.finalizers.contains("orphan") { orphan(event.object, kind) }
      if event.object.finalizers.contains("foregroundDeletion") { deleteDependents(event.object, kind) }
    default: break
    }
  }

  private typealias Located = (object: StoredObject, kind: ResourceKind)

  private func dependents(of owner: StoredObject) -> [Located] {
    catalog.stored.flatMap { kind in
      (objects[kind.resource] ?? [:]).values.filter { $0.value.ownerUIDs.contains(owner.uid) }.map { ($0, kind) }
    }
  }

  private func owners(of object: StoredObject) -> [Located] {
    let uids = object.value.ownerUIDs
    guard !uids.isEmpty else { return [] }
    return catalog.stored.flatMap { kind in
      (objects[kind.resource] ?? [:]).values.filter { uids.contains($0.uid) }.map { ($0, kind) }
    }
  }

  private func hasLivingOwner(_ object: StoredObject) -> Bool { !owners(of: object).isEmpty }

  private mutating func deleteDependents(_ owner: StoredObject, _ kind: ResourceKind) {
    for (object, kind) in dependents(of: owner) where !object.isTerminating {
      delete(object, kind, DeleteOptions(propagation: "Foreground"))
    }
    finishForeground(owner, kind)
  }

  /// The owner goes once no dependent blocks it.
  private mutating func finishForeground(_ owner: StoredObject, _ kind: ResourceKind) {
    guard let current = objects[kind.resource]?[owner.key], current.finalizers.contains("foregroundDeletion"),
      !dependents(of: current).contains(where: { $0.object.value.isBlocking(current.uid) })
    else { return }
    let rest = amend(current, kind, by: "kube-controller-manager") { $0.removeFinalizer("foregroundDeletion") }
    releaseIfDone(rest, kind)
  }

  private mutating func orphan(_ owner: StoredObject, _ kind: ResourceKind) {
    for (object, kind) in dependents(of: owner) {
      amend(object, kind, by: "kube-controller-manager") { value in
        let rest = value.ownerReferences.filter { $0["uid"]?.string != owner.uid }
        value.updateMetadata { $0["ownerReferences"] = rest.isEmpty ? Value?.none : .array(rest) }
      }
    }
    let rest = amend(owner, kind, by: "kube-controller-manager") { $0.removeFinalizer("orphan") }
    releaseIfDone(rest, kind)
  }
}

extension Value {
  var ownerReferences: [Value] { self[path: "metadata", "ownerReferences"]?.array ?? [] }

  var ownerUIDs: [String] { ownerReferences.compactMap { $0["uid"]?.string } }

  fileprivate func isBlocking(_ uid: String) -> Bool {
    ownerReferences.contains { $0["uid"]?.string == uid && $0["blockOwnerDeletion"]?.bool == true }
  }
}
