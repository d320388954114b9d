import Digests
import Foundation
import Manifests

/// As much of OpenAPI v3 as clients need to see which group versions there are, and that the server validates fields.
extension ClusterState {
  func openAPI(_ segments: [String], _ request: APIRequest) throws(StatusError) -> APIResponse {
    guard segments.dropFirst().first == "v3" else { throw .pageNotFound }
    let path = segments.dropFirst(2).joined(separator: "/")
    if path.isEmpty { return .json(["paths": .object(Object(openAPIPaths.map { ($0.path, $0.entry) }))]) }
    guard let group = openAPIPaths.first(where: { $0.path == path }) else { throw .pageNotFound }
    return .json(document(group.kinds))
  }

  private typealias GroupVersion = (path: String, entry: Value, kinds: [ResourceKind])

  private var openAPIPaths: [GroupVersion] {
    catalog.groups.flatMap { group in
      catalog.versions(of: group).map { version in
        let path = group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)"
        let kinds = catalog.kinds(group: group, version: version)
          .filter { settings.openAPIDelay == 0 || !$0.isCustom || isInOpenAPI($0) }
        let hash = Digest(of: Array("\(catalog.generation)\(path)".utf8)).hex.uppercased()
        return (path, ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")], kinds)
      }
    }.filter { !$0.kinds.isEmpty }
  }

  /// A new CustomResourceDefinition shows up here later than it is served.
  private func isInOpenAPI(_ kind: ResourceKind) -> Bool {
    let definition = objects["customresourcedefinitions.apiextensions.k8s.io"]?[
      ObjectKey(namespace: "", name: kind.resource)]
    guard let served = definition.flatMap({ servedSince[$0.name] }) else { return false }
    return now.timeIntervalSince(served) >= settings.openAPIDelay
  }

  private func document(_ kinds: [ResourceKind]) -> Value {
    let paths = kinds.map { kind -> (String, Value) in
      let base = kind.group.isEmpty ? "/api/\(kind.version)" : "/apis/\(kind.group)/\(kind.version)"
      let path = base + (kind.isNamespaced ? "/namespaces/{namespace}" : "") + "/\(kind.plural)/{name}"
      let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map { name -> Value in
        ["name": .string(name), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
      }
      let type: Value = ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
      let operation: Value = ["x-kubernetes-group-version-kind": type, "parameters": .array(parameters)]
      return (path, ["patch": operation, "put": operation])
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(settings.version)],
      "paths": .object(Object(paths)), "components": ["schemas": .object(Object())],
    ]
  }
}
