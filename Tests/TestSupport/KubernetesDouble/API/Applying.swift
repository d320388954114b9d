import Manifests

/// Server-side apply.
extension ClusterState {
  mutating func apply(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    guard request.query["fieldManager"]?.isEmpty == false else {
      let cause = StatusError.Cause(
        reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager")
      throw StatusError(
        422, "Invalid",
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        details: ["group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause.value]])
    }
    let context = try WriteContext(target, request, operation: .apply)
    var configuration = try parseObject(request, target)
    if configuration[path: "metadata", "managedFields"]?.isNull == false {
      throw .badRequest("metadata.managedFields must be nil")
    }
    configuration = context.limited(configuration, old: .object(Object())).withHead(of: configuration)
    let given = try parse(request)[path: "metadata", "namespace"]?.string ?? ""
    let reading = TypedReading(configuration, target.kind.schema)
    if !reading.problems.isEmpty { throw untyped(target, given, reading.problems) }
    let fields = context.scope(reading.fields)
    guard let live = object(target.kind.resource, target.namespace, target.name) else {
      guard target.subresource.isEmpty else { throw .notFound(target.kind, target.name) }
      try authorize(request.user, "create", target)
      var managed = ManagedFields()
      managed.set(context.manager, fields, time: timestamp)
      return .json(try create(configuration.withoutNulls, managed, context).bytes(as: target.kind), status: 201)
    }
    let result = try apply(configuration, fields, over: live, context, force: request.flag("force"))
    return .json(result.bytes(as: target.kind))
  }

  private mutating func apply(
    _ configuration: Value, _ fields: FieldSet, over live: StoredObject, _ context: WriteContext, force: Bool
  ) throws(StatusError) -> StoredObject {
    let kind = context.kind
    var configuration = configuration
    configuration["apiVersion"] = live.value["apiVersion"]
    let merged = Merge.apply(configuration, over: live.value, kind.schema)
    let kept = live.managed.fields(ofAllBut: context.manager).union(fields)
    let new = Merge.prune(merged, dropped: live.managed[context.manager], kept: kept, kind.schema)
    let difference = Merge.compare(live.value, new, kind.schema).limited(to: context.scope)
    let conflicts = live.managed.conflicts(context.manager, difference)
    if !force, !conflicts.isEmpty { throw conflict(conflicts) }
    var managed = live.managed
    managed.takeFromOthers(context.manager, difference)
    managed.set(context.manager, fields, time: timestamp)
    return try replace(live, with: new, context) { _ in managed }
  }

  /// The answer to a body that its type does not allow: 500 without a reason, though it is permanent.
  private func untyped(_ target: ResourceTarget, _ namespace: String, _ problems: [String]) -> StatusError {
    // It is called by what the body says, not by the path.
    let name = "\(namespace)/\(target.name)"
    let list = problems.count == 1 ? problems.joined() : "errors:\n  " + problems.joined(separator: "\n  ")
    return StatusError(
      500, nil,
      "failed to create typed patch object (\(name); \(target.kind.apiVersion), Kind=\(target.kind.kind)): \(list)")
  }

  private func conflict(
    _ conflicts: [(manager: ManagedFields.Manager, fields: FieldSet, time: String)]
  ) -> StatusError {
    let causes = conflicts.flatMap { conflict in
      conflict.fields.displayPaths.map { path in
        StatusError.Cause(
          reason: "FieldManagerConflict", message: "conflict with \(conflict.manager.display(conflict.time))",
          field: path)
      }
    }
    let count = causes.count == 1 ? "1 conflict" : "\(causes.count) conflicts"
    let lines = Self.summary(conflicts.map { ($0.manager.display($0.time), $0.fields.displayPaths) })
    return StatusError(
      409, "Conflict", "Apply failed with \(count): \(lines)",
      details: ["causes": .array(causes.map(\.value))])
  }

  private static func summary(_ conflicts: [(manager: String, paths: [String])]) -> String {
    if conflicts.count == 1, let only = conflicts.first, only.paths.count == 1 {
      return "conflict with \(only.manager): \(only.paths.joined())"
    }
    return conflicts.map { conflict in
      "conflicts with \(conflict.manager):\n" + conflict.paths.map { "- \($0)" }.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension ManagedFields.Manager {
  fileprivate func display(_ time: String) -> String {
    var text = "\"\(name)\""
    if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
    if operation == .update { text += " using \(apiVersion) at \(time)" } else { text += " using \(apiVersion)" }
    return operation == .apply ? "\"\(name)\"" : text
  }
}

extension Value {
  /// Apply to a subresource keeps only that part; the head must stay for reading it.
  fileprivate func withHead(of object: Value) -> Value {
    var result = self
    for field in ["apiVersion", "kind", "metadata"] { result[field] = object[field] }
    return result
  }
}
