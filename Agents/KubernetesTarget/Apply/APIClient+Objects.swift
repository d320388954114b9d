import Manifests

/// Reading and writing one object.
extension APIClient {
  func get(_ resource: APIResource, _ id: ObjectID) async throws(APIFailure) -> Value {
    let request = self.request(.get, resource, id)
    return try value(try await send(request), of: request)
  }

  /// The object; nil when there is none.
  func find(_ resource: APIResource, _ id: ObjectID) async throws(APIFailure) -> Value? {
    do {
      return try await get(resource, id)
    } catch {
      guard error.kind == .notFound else { throw error }
      return nil
    }
  }

  /// Applies an object with the agent's field manager, from the server's side.
  /// - Returns: the object as it is now, and whether it was made just now.
  func apply(
    _ resource: APIResource, _ id: ObjectID, _ body: [UInt8], force: Bool, dryRun: Bool = false
  ) async throws(APIFailure) -> (live: Value, isNew: Bool) {
    var request = self.request(.apply, resource, id)
    // JSON, under the type that servers know it by: YAML bodies would be read as YAML 1.1.
    request.contentType = "application/apply-patch+yaml"
    request.query = [("fieldManager", Ownership.fieldManager), ("force", force ? "true" : "false")]
    if dryRun { request.query.append(("dryRun", "All")) }
    request.body = body
    let answer = try await send(request)
    return (try value(answer, of: request), answer.status == 201)
  }

  /// Deletes an object, what it owns first, if it still is the one with this uid.
  func delete(_ resource: APIResource, _ id: ObjectID, uid: String) async throws(APIFailure) {
    var request = self.request(.delete, resource, id)
    let options: Value = [
      "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
      "preconditions": ["uid": .string(uid)],
    ]
    request.body = JSON.compact(options)
    _ = try await send(request)
  }

  /// Waits until the object with this uid is gone; throws what it waits for when that takes too long.
  func awaitEnd(
    of resource: APIResource, _ id: ObjectID, uid: String, until end: ContinuousClock.Instant
  ) async throws(APIFailure) {
    var pause = Duration.milliseconds(10)
    while !Task.isCancelled {
      // Another one of this name was made meanwhile: it is not the one that was to go.
      guard let left = try await find(resource, id), left[path: "metadata", "uid"]?.string == uid else { return }
      guard ContinuousClock.now < end else { throw waiting(left) }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
    throw failure(.cancelled, "the deletion was given up", nil)
  }

  private func waiting(_ left: Value) -> APIFailure {
    let finalizers = (left[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string)
    return failure(
      .namespaceTerminating, "is being deleted and waits for \(finalizers.joined(separator: ", "))", nil)
  }

  /// Changes an object by a JSON patch (RFC 6902).
  func patch(_ resource: APIResource, _ id: ObjectID, _ operations: [Value]) async throws(APIFailure) -> Value {
    var request = self.request(.patch, resource, id)
    request.contentType = "application/json-patch+json"
    request.query = [("fieldManager", Ownership.fieldManager)]
    request.body = JSON.compact(.array(operations))
    return try value(try await send(request), of: request)
  }

  /// Makes a namespace where there is none.
  func makeNamespace(_ name: String) async throws(APIFailure) {
    let namespaces = APIResource(
      group: "", version: "v1", kind: "Namespace", name: "namespaces", isNamespaced: false, verbs: [])
    let object: Value = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
    let id = ObjectID(group: "", kind: "Namespace", namespace: "", name: name)
    _ = try await apply(namespaces, id, JSON.compact(object), force: false)
  }

  private func request(_ verb: APIRequest.Verb, _ resource: APIResource, _ id: ObjectID) -> APIRequest {
    var request = APIRequest(
      verb, kind: resource.kind, path: resource.path(namespace: id.namespace, name: id.name))
    request.name = id.namespace.isEmpty ? id.name : "\(id.namespace)/\(id.name)"
    return request
  }
}
