import Manifests

/// Reading and writing one object.
extension APIClient {
  func get(_ resource: APIResource, _ id: ObjectID) async throws(APIFailure) -> Value {
    let request = self.request(.get, resource, id)
    return try value(try await send(request), of: request)
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

  /// Changes an object by a JSON patch (RFC 6902).
  func patch(_ resource: APIResource, _ id: ObjectID, _ operations: [Value]) async throws(APIFailure) -> Value {
    var request = self.request(.patch, resource, id)
    request.contentType = "application/json-patch+json"
    request.query = [("fieldManager", Ownership.fieldManager)]
    request.body = JSON.compact(.array(operations))
    return try value(try await send(request), of: request)
  }

  private func request(_ verb: APIRequest.Verb, _ resource: APIResource, _ id: ObjectID) -> APIRequest {
    var request = APIRequest(
      verb, kind: resource.kind, path: resource.path(namespace: id.namespace, name: id.name))
    request.name = id.namespace.isEmpty ? id.name : "\(id.namespace)/\(id.name)"
    return request
  }
}
