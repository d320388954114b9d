import Manifests

/// Storing: revisions, events, deletions.
extension ClusterState {
  /// Stores an object under a new revision and tells watches; what is stored is given back.
  @discardableResult
  mutating func store(
    _ value: Value, _ managed: ManagedFields, _ kind: ResourceKind, previous: StoredObject?
  ) -> StoredObject {
    revision += 1
    var value = value
    value.updateMetadata { $0["resourceVersion"] = .string(String(revision)) }
    let object = StoredObject(value, managed)
    objects[kind.resource, default: [:]][object.key] = object
    record(
      ChangeEvent(
        kind: previous == nil ? .added : .modified, resource: kind.resource, object: object, previous: previous,
        revision: revision))
    return object
  }

  /// Takes an object away and tells watches; they see it as it was, at the revision of its deletion.
  @discardableResult
  mutating func remove(_ object: StoredObject, _ kind: ResourceKind) -> StoredObject {
    revision += 1
    objects[kind.resource]?[object.key] = nil
    var value = object.value
    value.updateMetadata { $0["resourceVersion"] = .string(String(revision)) }
    let last = StoredObject(value, object.managed)
    record(
      ChangeEvent(kind: .deleted, resource: kind.resource, object: last, previous: object, revision: revision))
    return last
  }

  private mutating func record(_ event: ChangeEvent) {
    log.append(event)
    deliver(event)
    pendingWork.append(event)
  }

  /// Changes an object as a controller does: nobody asks whether it may, and nothing happens when nothing changes.
  @discardableResult
  mutating func amend(
    _ object: StoredObject, _ kind: ResourceKind, by manager: String, subresource: String = "",
    _ change: (inout Value) -> Void
  ) -> StoredObject {
    guard let current = objects[kind.resource]?[object.key], current.uid == object.uid else { return object }
    var value = current.value
    change(&value)
    guard value != current.value else { return current }
    var managed = current.managed
    let difference = Merge.compare(current.value, value, kind.schema).limited { $0 }
    let owner = ManagedFields.Manager(
      name: manager, operation: .update, apiVersion: kind.apiVersion, subresource: subresource)
    managed.recordUpdate(owner, difference, time: timestamp)
    return store(value, managed, kind, previous: current)
  }
}
