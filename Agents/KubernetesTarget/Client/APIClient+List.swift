import Manifests

extension APIClient {
  /// Reads all objects of a kind, page by page, and hands each on, so that never more than a page is in memory.
  ///
  /// A list whose pages grew too old while they were read begins again: `restart` is called, and all come once more.
  /// - Returns: the resourceVersion that a watch goes on from.
  func list(
    _ resource: APIResource, namespace: String = "", labels: String = "",
    restart: () -> Void, _ each: (Value) -> Void
  ) async throws(APIFailure) -> String {
    var token = ""
    var restarts = 0
    for _ in 0..<ClientLimits.pages {
      let request = page(of: resource, namespace, labels, after: token)
      do {
        let list = try value(try await send(request), of: request)
        for item in list["items"]?.array ?? [] { each(item.typed(as: resource)) }
        token = list[path: "metadata", "continue"]?.string ?? ""
        if token.isEmpty { return list[path: "metadata", "resourceVersion"]?.string ?? "" }
      } catch {
        guard error.kind == .expired, restarts < 3 else { throw error }
        restarts += 1
        token = ""
        restart()
      }
    }
    throw failure(.malformedAnswer, "the list of \(resource.qualifiedName) does not end", nil)
  }

  /// Reads the first objects of a kind that a selection has, and no more than these.
  func some(
    _ resource: APIResource, namespace: String, labels: String = "", fields: String = "", atMost limit: Int
  ) async throws(APIFailure) -> [Value] {
    var request = page(of: resource, namespace, labels, after: "")
    request.query = request.query.filter { $0.name != "limit" } + [("limit", String(limit))]
    if !fields.isEmpty { request.query.append(("fieldSelector", fields)) }
    let list = try value(try await send(request), of: request)
    return (list["items"]?.array ?? []).prefix(limit).map { $0.typed(as: resource) }
  }

  private func page(
    of resource: APIResource, _ namespace: String, _ labels: String, after token: String
  ) -> APIRequest {
    var request = APIRequest(.list, kind: resource.kind, path: resource.path(namespace: namespace))
    if !labels.isEmpty { request.query.append(("labelSelector", labels)) }
    request.query.append(("limit", String(ClientLimits.pageObjects)))
    if !token.isEmpty { request.query.append(("continue", token)) }
    request.deadline = max(settings.requestDeadline, ClientLimits.listDeadline)
    request.answerBytes = ClientLimits.listBytes
    return request
  }
}

extension Value {
  /// An item of a list with the apiVersion and kind that lists leave out.
  fileprivate func typed(as resource: APIResource) -> Value {
    guard case .object(var object) = self else { return self }
    if object["kind"] == nil { object["kind"] = .string(resource.kind) }
    if object["apiVersion"] == nil { object["apiVersion"] = .string(resource.apiVersion) }
    return .object(object)
  }
}
