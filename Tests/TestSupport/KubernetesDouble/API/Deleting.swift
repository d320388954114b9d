import Manifests

/// Deletion: at once, after finalizers, with what an object owns.
extension ClusterState {
  /// What a deletion was asked with: in the body, or in the query.
  struct DeleteOptions {
    var propagation: String
    var isDryRun: Bool
    var uid: String?
    var resourceVersion: String?

    init(_ body: Value?, _ request: APIRequest) {
      let inBody = body?["propagationPolicy"]?.string
      let orphans = body?["orphanDependents"]?.bool == true ? "Orphan" : "Background"
      propagation = inBody ?? request.query["propagationPolicy"] ?? orphans
      isDryRun = request.query["dryRun"] == "All" || body?["dryRun"]?.array == ["All"]
      uid = body?[path: "preconditions", "uid"]?.string
      resourceVersion = body?[path: "preconditions", "resourceVersion"]?.string
    }
  }

  mutating func delete(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    let options = DeleteOptions(request.body.isEmpty ? nil : try parse(request), request)
    let object = try existing(target)
    if let uid = options.uid, uid != object.uid {
      throw Self.precondition("UID", uid, object.uid, target)
    }
    if let version = options.resourceVersion, version != String(object.resourceVersion) {
      throw Self.precondition("ResourceVersion", version, String(object.resourceVersion), target)
    }
    if target.kind.groupKind == "Namespace", Self.keptNamespaces.contains(target.name) {
      throw .forbidden(target.kind, target.name, "this namespace may not be deleted")
    }
    try admitDeletion(of: object, target)
    guard let remaining = delete(object, target.kind, options) else {
      return .json(deleted(object, target.kind))
    }
    return .json(remaining.bytes(as: target.kind))
  }

  private static func precondition(
    _ what: String, _ wanted: String, _ found: String, _ target: ResourceTarget
  ) -> StatusError {
    StatusError(
      409, "Conflict",
      "Operation cannot be fulfilled on \(target.kind.kind) \"\(target.name)\": the \(what) in the precondition "
        + "(\(wanted)) does not match the \(what) in record (\(found)). The object might have been deleted and then "
        + "recreated",
      details: StatusError.details(target.kind, target.name))
  }

  private static let keptNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

  /// Deletes every object of a collection that the selectors take in.
  mutating func deleteCollection(
    _ target: ResourceTarget, _ request: APIRequest
  ) throws(StatusError) -> APIResponse {
    let options = DeleteOptions(request.body.isEmpty ? nil : try parse(request), request)
    let selection = try Selection(namespace: target.namespace, request: request, kind: target.kind)
    let objects = all(target.kind.resource).filter(selection.includes)
    for object in objects { _ = delete(object, target.kind, options) }
    return .json([
      "kind": .string("\(target.kind.kind)List"), "apiVersion": .string(target.kind.apiVersion),
      "metadata": ["resourceVersion": .string(String(revision))],
      "items": .array(objects.map { $0.value(as: target.kind) }),
    ])
  }

  /// Deletes an object, or marks it while finalizers hold it; what is left of it is given back.
  ///
  /// Pods and namespaces are given back even when they are gone at once, as the real server does.
  @discardableResult
  mutating func delete(_ object: StoredObject, _ kind: ResourceKind, _ options: DeleteOptions) -> StoredObject? {
    if object.isTerminating, !object.finalizers.isEmpty { return object }
    var value = object.value
    var finalizers = object.finalizers
    switch options.propagation {
    case "Foreground": finalizers.append("foregroundDeletion")
    case "Orphan": finalizers.append("orphan")
    default: break
    }
    if kind.resource == Self.definitions, !finalizers.contains(Self.definitionFinalizer) {
      finalizers.append(Self.definitionFinalizer)
    }
    let isHeld = !finalizers.isEmpty || (kind.groupKind == "Namespace" && !value.namespaceFinalizers.isEmpty)
    value.updateMetadata { metadata in
      if !finalizers.isEmpty { metadata["finalizers"] = .array(finalizers.map(Value.string)) }
      metadata["deletionTimestamp"] = .string(timestamp)
      metadata["deletionGracePeriodSeconds"] = 0
      if kind.hasGeneration { metadata["generation"] = .integer((metadata["generation"]?.integer ?? 0) + 1) }
    }
    if kind.groupKind == "Namespace" { value = value.setting("Terminating", at: ["status", "phase"]) }
    let marked = StoredObject(value, object.managed)
    if options.isDryRun { return isHeld ? marked : nil }
    if isHeld { return store(value, object.managed, kind, previous: object) }
    let last = remove(object, kind)
    return ["Pod", "ServiceAccount"].contains(kind.groupKind) ? last : nil
  }

  private func deleted(_ object: StoredObject, _ kind: ResourceKind) -> Value {
    var details = StatusError.details(kind, object.name)
    details["uid"] = .string(object.uid)
    return [
      "kind": "Status", "apiVersion": "v1", "metadata": .object(Object()), "status": "Success",
      "details": .object(details),
    ]
  }
}

extension ClusterState.DeleteOptions {
  /// What controllers ask with.
  init(propagation: String) {
    self.propagation = propagation
    isDryRun = false
  }
}
