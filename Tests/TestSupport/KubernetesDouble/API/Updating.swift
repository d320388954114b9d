import Manifests

/// Changing objects: PUT, and the patches that are no apply.
extension ClusterState {
  mutating func update(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    let context = try WriteContext(target, request, operation: .update)
    let value = try parseObject(request, target).withoutNulls
    try checkStrictly(value, context)
    let old = try existing(target)
    return try respond(
      to: context, replacing: old, with: target.subresource == "scale" ? scaled(old, value, context) : value)
  }

  mutating func patch(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    let type = request.contentType.split(separator: ";").first.map(String.init) ?? ""
    if type == "application/apply-patch+yaml" { return try apply(target, request) }
    let context = try WriteContext(target, request, operation: .update)
    let patch = try parse(request).withGoNumbers
    let old = try existing(target)
    let shown = target.subresource == "scale" ? scale(of: old, target.kind) : old.value(as: target.kind)
    var new: Value
    switch type {
    case "application/merge-patch+json": new = shown.merging(patch)
    case "application/json-patch+json": new = try JSONPatch.apply(patch, to: shown)
    case "application/strategic-merge-patch+json" where !target.kind.isCustom:
      new = StrategicPatch.apply(patch, to: shown, target.kind.schema)
    default:
      throw .unknownFormat
    }
    new = new.withoutNulls
    try checkStrictly(new, context)
    return try respond(
      to: context, replacing: old, with: target.subresource == "scale" ? scaled(old, new, context) : new)
  }

  private func scaled(_ old: StoredObject, _ scale: Value, _ context: WriteContext) -> Value {
    let path = (context.kind.scale ?? .builtIn).specReplicas
    var value = old.value.setting(scale[path: "spec", "replicas"] ?? 0, at: path)
    value.updateMetadata { $0["resourceVersion"] = scale[path: "metadata", "resourceVersion"] }
    return value
  }

  private mutating func respond(
    to context: WriteContext, replacing old: StoredObject, with new: Value
  ) throws(StatusError) -> APIResponse {
    // A client that writes managedFields itself, as a migration from client-side apply does, decides who owns what.
    var managed = old.managed
    if let given = new[path: "metadata", "managedFields"], given != old.value[path: "metadata", "managedFields"] {
      if given.array == [.object(Object())] {
        managed = ManagedFields()
      } else if let read = ManagedFields(given), !read.entries.isEmpty {
        managed = read
      }
    }
    let result = try replace(old, with: new, context) { [timestamp] value in
      let difference = Merge.compare(old.value, value, context.kind.schema).limited(to: context.scope)
      managed.recordUpdate(context.manager, difference, time: timestamp)
      return managed
    }
    if context.subresource == "scale" { return .json(scale(of: result, context.kind)) }
    return .json(result.bytes(as: context.kind))
  }

  /// Replaces an object: checked by admission, stored only when something changes and this is no dry run.
  mutating func replace(
    _ old: StoredObject, with new: Value, _ context: WriteContext, managed: (Value) -> ManagedFields
  ) throws(StatusError) -> StoredObject {
    let kind = context.kind
    if let version = new[path: "metadata", "resourceVersion"]?.string, !version.isEmpty,
      version != String(old.resourceVersion)
    {
      throw .stale(kind, old.name)
    }
    if let uid = new[path: "metadata", "uid"]?.string, !uid.isEmpty, uid != old.uid {
      throw .stale(
        kind, old.name,
        "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
    }
    var value = context.limited(new, old: old.value)
    value["apiVersion"] = old.value["apiVersion"]
    value.keepServerMetadata(of: old.value)
    value = try Defaults.filled(value, kind, self, old: old.value)
    try admit(value, old: old, context)
    try Validation.check(value, kind, old: old.value)
    if kind.hasGeneration, value.desired != old.value.desired, context.subresource != "status" {
      let generation = (old.metadata["generation"]?.integer ?? 0) + 1
      value.updateMetadata { $0["generation"] = .integer(generation) }
    }
    let owners = managed(value)
    let candidate = StoredObject(value, owners)
    guard candidate.value != old.value else { return old }
    if context.isDryRun { return candidate }
    if old.isTerminating, value.finalizers.isEmpty, kind.groupKind != "Namespace" || value.namespaceFinalizers.isEmpty {
      return remove(candidate, kind)
    }
    return store(value, owners, kind, previous: old)
  }
}

extension Value {
  /// What only the server writes stays.
  fileprivate mutating func keepServerMetadata(of old: Value) {
    let before = old["metadata"]?.object ?? Object()
    updateMetadata { metadata in
      for field in ["uid", "creationTimestamp", "generation", "deletionTimestamp", "resourceVersion", "selfLink"] {
        metadata[field] = before[field]
      }
      metadata["deletionGracePeriodSeconds"] = before["deletionGracePeriodSeconds"]
      metadata["managedFields"] = nil
    }
  }

  /// What a generation counts: everything but metadata and status.
  fileprivate var desired: Value {
    var value = self
    value["metadata"] = nil
    value["status"] = nil
    return value
  }

  var namespaceFinalizers: [Value] { self[path: "spec", "finalizers"]?.array ?? [] }

  /// RFC 7396.
  func merging(_ patch: Value) -> Value {
    guard let changes = patch.object else { return patch }
    var result = object ?? Object()
    for (name, change) in changes {
      result[name] = change.isNull ? Value?.none : (result[name] ?? .object(Object())).merging(change)
    }
    return .object(result)
  }
}
