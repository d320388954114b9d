import Manifests

/// Getting and listing.
extension ClusterState {
  func get(_ target: ResourceTarget) throws(StatusError) -> APIResponse {
    let object = try existing(target)
    if target.subresource == "scale" { return .json(scale(of: object, target.kind)) }
    return .json(object.bytes(as: target.kind))
  }

  func existing(_ target: ResourceTarget) throws(StatusError) -> StoredObject {
    guard let object = object(target.kind.resource, target.namespace, target.name) else {
      throw .notFound(target.kind, target.name)
    }
    return object
  }

  /// A list, whole or by pages.
  mutating func list(
    _ kind: ResourceKind, _ selection: Selection, _ request: APIRequest
  ) throws(StatusError) -> APIResponse {
    var page = ListPage(objects: [], revision: revision)
    if let token = request.query["continue"], !token.isEmpty {
      guard let rest = pages[token] else {
        throw .gone(
          "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            + "without the continue parameter, or use the continue token in this response to retrieve the remainder "
            + "of the results.")
      }
      page = rest
    } else {
      page.objects = all(kind.resource).filter(selection.includes)
    }
    // A list from the watch cache has no pages.
    let readsCache = request.query["resourceVersion"] == "0" && request.query["continue"] == nil
    let limit = readsCache ? 0 : request.integer("limit") ?? 0
    guard limit > 0, page.objects.count > limit else { return .json(listBytes(kind, page.objects, page.revision)) }
    let rest = ListPage(objects: Array(page.objects.dropFirst(limit)), revision: page.revision)
    let token = identities.next()
    pages[token] = rest
    let shown = Array(page.objects.prefix(limit))
    return .json(
      listBytes(
        kind, shown, page.revision, continuation: token,
        remaining: selection.hasSelector ? nil : rest.objects.count))
  }

  private func listBytes(
    _ kind: ResourceKind, _ objects: [StoredObject], _ revision: Int, continuation: String = "", remaining: Int? = nil
  ) -> [UInt8] {
    var metadata: Object = ["resourceVersion": .string(String(revision))]
    if !continuation.isEmpty { metadata["continue"] = .string(continuation) }
    if let remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
    let head: Value = [
      "kind": .string("\(kind.kind)List"), "apiVersion": .string(kind.apiVersion), "metadata": .object(metadata),
    ]
    var bytes = JSON.compact(head)
    bytes.removeLast()
    bytes += Array(#","items":["#.utf8)
    for (index, object) in objects.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += object.bytes(as: kind)
    }
    bytes += Array("]}".utf8)
    return bytes
  }

  /// What `/scale` shows of an object.
  func scale(of object: StoredObject, _ kind: ResourceKind) -> Value {
    let paths = kind.scale ?? .builtIn
    let metadata = object.metadata.filter {
      ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"].contains($0.key)
    }
    var status: Object = ["replicas": object.value.value(at: paths.statusReplicas) ?? 0]
    if let selector = paths.selector {
      status["selector"] = object.value.value(at: selector)
    } else if let labels = object.value[path: "spec", "selector", "matchLabels"]?.object {
      status["selector"] = .string(labels.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ","))
    }
    let spec: Object = object.value.value(at: paths.specReplicas).map { ["replicas": $0] } ?? Object()
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(Object(metadata.map { ($0.key, $0.value) })),
      "spec": .object(spec), "status": .object(status),
    ]
  }
}
