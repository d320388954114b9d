import Foundation
import Manifests

/// CustomResourceDefinitions: served after a moment, established a little later, gone with their objects.
extension ClusterState {
  static let definitions = "customresourcedefinitions.apiextensions.k8s.io"

  mutating func definitionChanged(_ event: ChangeEvent) {
    let name = event.object.name
    switch event.kind {
    case .added:
      timers.add(.serve(definition: name), at: now.addingTimeInterval(settings.definitionServeDelay))
      timers.add(.establish(definition: name), at: now.addingTimeInterval(settings.definitionEstablishDelay))
    case .modified where event.object.isTerminating: removeInstances(of: event.object)
    case .modified where event.object.value["spec"] != event.previous?.value["spec"]:
      guard servedSince[name] != nil else { return }
      serve(definition: name)
      reinitializing[name] = now.addingTimeInterval(settings.definitionReinitialization)
    case .modified: break
    case .deleted: stopServing(event.object)
    }
  }

  mutating func serve(definition name: String) {
    guard let definition = object(Self.definitions, "", name) else { return }
    if servedSince[name] == nil { servedSince[name] = now }
    catalog.replaceCustom(resource: name, with: Self.kinds(of: definition.value))
  }

  mutating func establish(definition name: String) {
    guard let definition = object(Self.definitions, "", name),
      let kind = catalog.kind(apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition")
    else { return }
    let (time, spec) = (timestamp, definition.value["spec"])
    let versions = spec?["versions"]?.array ?? []
    let stored = versions.filter { $0["storage"]?.bool == true }.compactMap { $0["name"] }
    amend(definition, kind, by: "kube-apiserver", subresource: "status") { value in
      value["status"] = [
        "conditions": [
          Self.condition("NamesAccepted", "NoConflicts", "no conflicts found", time),
          Self.condition("Established", "InitialNamesAccepted", "the initial names have been accepted", time),
        ],
        "acceptedNames": spec?["names"] ?? .null, "storedVersions": .array(stored),
      ]
    }
  }

  /// A deletion takes the objects first; their watches see it and end.
  private mutating func removeInstances(of definition: StoredObject) {
    let kinds = catalog.kinds.filter { $0.isCustom && $0.resource == definition.name }
    if let kind = kinds.first {
      for object in all(definition.name) { delete(object, kind, DeleteOptions(propagation: "Background")) }
    }
    guard all(definition.name).isEmpty,
      let kind = catalog.kind(apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition")
    else { return }
    amend(definition, kind, by: "kube-apiserver") { $0.removeFinalizer(Self.definitionFinalizer) }
    releaseIfDone(definition, kind)
  }

  static let definitionFinalizer = "customresourcecleanup.apiextensions.k8s.io"

  private mutating func stopServing(_ definition: StoredObject) {
    for (id, watch) in watches where watch.kind.resource == definition.name && watch.kind.isCustom { endWatch(id) }
    catalog.replaceCustom(resource: definition.name, with: [])
    objects[definition.name] = nil
    servedSince[definition.name] = nil
  }

  static func condition(
    _ type: String, _ reason: String, _ message: String, _ time: String, status: String = "True"
  ) -> Value {
    [
      "type": .string(type), "status": .string(status), "lastTransitionTime": .string(time), "reason": .string(reason),
      "message": .string(message),
    ]
  }

  /// The kinds that a definition makes, one for each served version.
  private static func kinds(of definition: Value) -> [ResourceKind] {
    let (spec, names) = (definition["spec"], definition[path: "spec", "names"])
    return (spec?["versions"]?.array ?? []).filter { $0["served"]?.bool == true }.map { version in
      let subresources = version["subresources"]
      let scale = subresources?["scale"].map { scale in
        ScalePaths(
          specReplicas: path(scale["specReplicasPath"]), statusReplicas: path(scale["statusReplicasPath"]),
          selector: scale["labelSelectorPath"].map { path($0) } ?? [])
      }
      return ResourceKind(
        group: spec?["group"]?.string ?? "", version: version["name"]?.string ?? "",
        kind: names?["kind"]?.string ?? "", plural: names?["plural"]?.string ?? "",
        singular: names?["singular"]?.string ?? "", shortNames: names?.texts("shortNames") ?? [],
        categories: names?.texts("categories") ?? [], isNamespaced: spec?["scope"]?.string == "Namespaced",
        hasStatus: subresources?["status"] != nil, scale: scale,
        schema: CustomSchema.type(version[path: "schema", "openAPIV3Schema"]), isCustom: true)
    }
  }

  private static func path(_ text: Value?) -> [String] {
    (text?.string ?? "").split(separator: ".").map(String.init)
  }
}

extension Value {
  mutating func removeFinalizer(_ name: String) {
    let rest = finalizers.filter { $0 != name }
    updateMetadata { $0["finalizers"] = rest.isEmpty ? Value?.none : .array(rest.map(Value.string)) }
  }
}
