import Manifests

/// Makes a merge table of the definitions of an OpenAPI document, as `openapi` of a kustomization names one.
struct OpenAPISchema {
  private let definitions: Object
  /// For types that the document refers to and does not define.
  private let builtIn: MergeTable?
  private var types: [[MergeTable.Field]] = []
  /// The types of definitions, by name.
  private var numbers: [String: Int] = [:]

  /// - Parameters:
  ///   - document: a Swagger document (OpenAPI 2).
  ///   - builtIn: what else is known.
  static func table(of document: Field, with builtIn: MergeTable?) throws(FleetError) -> MergeTable {
    guard case .object(let definitions)? = document.value["definitions"] ?? .object(Object()) else {
      throw document.error("its definitions are not a map", code: .invalidKustomization)
    }
    var schema = OpenAPISchema(definitions, builtIn)
    let kinds = schema.kinds()
    return MergeTable(types: schema.types, kinds: kinds)
  }

  /// A type that any table with the kinds of Kubernetes has.
  static let nameOfAKnownType = "io.k8s.api.core.v1.Container"

  /// The place that a comment with a schema makes of what it stands beside.
  static func table(ofComment comment: Value, with builtIn: MergeTable?) -> (MergeTable, MergeTable.Place?) {
    var schema = OpenAPISchema(Object(), builtIn)
    let place = schema.place(of: comment)
    return (MergeTable(types: schema.types, kinds: [:]), place)
  }

  private init(_ definitions: Object, _ builtIn: MergeTable?) {
    self.definitions = definitions
    self.builtIn = builtIn
  }

  private mutating func kinds() -> [MergeTable.Kind: Int] {
    var kinds: [MergeTable.Kind: Int] = [:]
    for (name, definition) in definitions {
      for entry in definition["x-kubernetes-group-version-kind"]?.array ?? [] {
        guard let kind = entry["kind"]?.string, let version = entry["version"]?.string else { continue }
        let group = entry["group"]?.string ?? ""
        let apiVersion = group.isEmpty ? version : "\(group)/\(version)"
        kinds[MergeTable.Kind(apiVersion: apiVersion, kind: kind)] = type(named: name)
      }
    }
    return kinds
  }

  private mutating func type(named name: String) -> Int? {
    if let number = numbers[name] { return number }
    if let definition = definitions[name] {
      let number = reserve()
      numbers[name] = number
      types[number] = fields(of: definition)
      return number
    }
    guard let builtIn, let known = builtIn.type(ofDefinition: name) else { return nil }
    return include(known, of: builtIn, name)
  }

  private mutating func reserve() -> Int {
    types.append([])
    return types.count - 1
  }

  /// Copies a built-in type with all that it leads to.
  private mutating func include(_ type: Int, of table: MergeTable, _ name: String) -> Int {
    if let number = numbers[name] { return number }
    let number = reserve()
    numbers[name] = number
    types[number] = table.fields(ofType: type).map { field in
      var field = field
      switch field.place {
      case .map(let inner): field.place = .map(type: include(inner, of: table, "#\(inner)"))
      case .list(let keys, let inner?):
        field.place = .list(keys: keys, element: include(inner, of: table, "#\(inner)"))
      case .list(_, nil): break
      }
      return field
    }
    return number
  }

  private mutating func fields(of schema: Value) -> [MergeTable.Field] {
    var fields: [MergeTable.Field] = []
    for (name, property) in schema["properties"]?.object ?? Object() {
      if let place = place(of: property) { fields.append(MergeTable.Field(name: name, place: place)) }
    }
    if let values = schema["additionalProperties"], values.object != nil, let place = place(of: values) {
      fields.append(MergeTable.Field(name: nil, place: place))
    }
    return fields
  }

  /// The place that a property is; nil for a single value, and for a list that is replaced.
  private mutating func place(of property: Value) -> MergeTable.Place? {
    if let reference = OpenAPISchema.reference(property) {
      // A definition may be a list itself.
      if let definition = definitions[reference], definition["properties"] == nil, definition["items"] != nil {
        return place(of: definition)
      }
      return type(named: reference).map { .map(type: $0) }
    }
    let strategies = property["x-kubernetes-patch-strategy"]?.string?.split(separator: ",") ?? []
    if strategies.contains("merge") {
      return .list(keys: OpenAPISchema.mergeKeys(property), element: property["items"].flatMap { element(of: $0) })
    }
    guard property["properties"] != nil || property["additionalProperties"] != nil else { return nil }
    return element(of: property).map { .map(type: $0) }
  }

  /// The type of what is in a list, or of a map that is described in place.
  private mutating func element(of schema: Value) -> Int? {
    if let reference = OpenAPISchema.reference(schema) { return type(named: reference) }
    guard schema["properties"] != nil || schema["additionalProperties"] != nil else { return nil }
    let number = reserve()
    types[number] = fields(of: schema)
    return number
  }

  private static func mergeKeys(_ property: Value) -> [String] {
    if let keys = property["x-kubernetes-list-map-keys"]?.array { return keys.compactMap(\.string) }
    return property["x-kubernetes-patch-merge-key"]?.string.map { [$0] } ?? []
  }

  private static func reference(_ schema: Value) -> String? {
    schema["$ref"]?.string.flatMap { $0.split(separator: "/").last.map(String.init) }
  }
}
