import Manifests

extension TransformerConfiguration {
  /// What a file of `crds` says: which fields of custom resources are annotations, selectors, names, or references.
  ///
  /// The form is that of `openapi-gen`: a map from type names to `{Schema: …}`, with extensions on properties.
  init(crds bytes: [UInt8], file: String) throws(FleetError) {
    self.init()
    guard case .object(let types)? = try YAML.parse(bytes, file: file, dialect: .settings).first?.value else { return }
    for name in types.keys.sorted(by: { $0.precedesInBytes($1) }) {
      guard let properties = CRDTypes(types).properties(of: name), CRDTypes.isKind(properties) else { continue }
      var reader = CRDTypes(types)
      let kind = GroupVersionKind(kind: String(name.split(separator: ".").last ?? ""))
      do {
        try reader.read(name, kind, path: [], into: &self)
      } catch {
        throw error.within(FleetError.Address(file: file))
      }
    }
    sort()
  }
}

/// The types of one file of `crds`.
private struct CRDTypes {
  /// Types within types; a recursive type would never end.
  private static let deepest = 64

  private let types: Object

  init(_ types: Object) { self.types = types }

  func properties(of name: String) -> Object? {
    let definition = types[name]
    return (definition?["Schema"] ?? definition?["schema"])?["properties"]?.object
  }

  static func isKind(_ properties: Object) -> Bool {
    ["kind", "apiVersion", "metadata"].allSatisfy { properties[$0] != nil }
  }

  mutating func read(
    _ name: String, _ kind: GroupVersionKind, path: [String], into configuration: inout TransformerConfiguration
  ) throws(FleetError) {
    guard path.count < CRDTypes.deepest else {
      throw FleetError(.limitExceeded, "types nested more than \(CRDTypes.deepest) levels deep at \(name)")
    }
    for (property, schema) in properties(of: name) ?? Object() {
      let path = path + [property]
      let field = FieldSpec(path.joined(separator: "/"), kind: kind)
      if schema["x-kubernetes-annotation"]?.string != nil { try configuration.commonAnnotations.merge(field) }
      if schema["x-kubernetes-label-selector"]?.string != nil { try configuration.commonLabels.merge(field) }
      if schema["x-kubernetes-identity"]?.string != nil { try configuration.namePrefix.merge(field) }
      if let reference = CRDTypes.reference(schema, kind, path) { try configuration.nameReferences.merge(reference) }
      if let type = schema["$ref"]?.string { try read(type, kind, path: path, into: &configuration) }
    }
  }

  private static func reference(
    _ schema: Value, _ kind: GroupVersionKind, _ path: [String]
  ) -> TransformerConfiguration.NameReference? {
    guard let version = schema["x-kubernetes-object-ref-api-version"]?.string,
      let target = schema["x-kubernetes-object-ref-kind"]?.string
    else { return nil }
    let key = schema["x-kubernetes-object-ref-name-key"]?.string ?? "name"
    return TransformerConfiguration.NameReference(
      target: GroupVersionKind(version: version, kind: target),
      fields: [FieldSpec((path + [key]).joined(separator: "/"), kind: kind)])
  }
}
