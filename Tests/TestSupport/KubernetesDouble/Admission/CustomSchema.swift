import Manifests

/// Reads the schemas of CustomResourceDefinitions, and holds objects to them.
enum CustomSchema {
  /// The type of a version's objects.
  static func type(_ schema: Value?) -> TypeSchema {
    guard let schema, case .structure(let root, _) = part(schema) else { return openObject }
    var fields = root.fields
    fields["apiVersion"] = Structure.Field(type: .scalar(.string))
    fields["kind"] = Structure.Field(type: .scalar(.string))
    fields["metadata"] = Structure.Field(type: metadata)
    return .structure(Structure(fields: fields, keepsUnknown: root.keepsUnknown), isAtomic: false)
  }

  private static let metadata = TypeSchema.named("meta.v1.ObjectMeta", isAtomic: false)

  private static var openObject: TypeSchema {
    .structure(Structure(fields: ["metadata": Structure.Field(type: metadata)], keepsUnknown: true), isAtomic: false)
  }

  private static func part(_ schema: Value) -> TypeSchema {
    if schema["x-kubernetes-int-or-string"]?.bool == true { return .scalar(.textOrNumber) }
    switch schema["type"]?.string {
    case "string": return .scalar(.string)
    case "integer": return .scalar(.integer)
    case "number": return .scalar(.number)
    case "boolean": return .scalar(.boolean)
    case "array": return .list(part(schema["items"] ?? .null), relation(schema))
    case "object": return object(schema)
    default: return .open
    }
  }

  private static func object(_ schema: Value) -> TypeSchema {
    let isAtomic = schema["x-kubernetes-map-type"]?.string == "atomic"
    let keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
    if let element = schema["additionalProperties"], element.object != nil {
      return .map(part(element), isAtomic: isAtomic)
    }
    guard let properties = schema["properties"]?.object else {
      return keepsUnknown ? .open : .structure(Structure(fields: [:]), isAtomic: isAtomic)
    }
    let required = schema.texts("required")
    let fields = properties.map { name, property in
      (
        name,
        Structure.Field(
          type: part(property), isRequired: required.contains(name), defaultValue: property["default"])
      )
    }
    let structure = Structure(
      fields: Dictionary(fields, uniquingKeysWith: { first, _ in first }), isAtomic: isAtomic,
      keepsUnknown: keepsUnknown)
    return .structure(structure, isAtomic: isAtomic)
  }

  private static func relation(_ schema: Value) -> ListRelation {
    switch schema["x-kubernetes-list-type"]?.string {
    case "set": .set
    case "map": .map(keys: schema.texts("x-kubernetes-list-map-keys"))
    default: .atomic
    }
  }

  /// An object without unknown fields and with its defaults.
  static func filled(_ value: Value, _ schema: TypeSchema) -> Value {
    switch (schema.resolved, value) {
    case (.structure(let structure, _), .object(let object)):
      var result = Object()
      for (name, child) in object {
        if let field = structure.fields[name] {
          result[name] = filled(child, field.type)
        } else if structure.keepsUnknown {
          result[name] = child
        }
      }
      for (name, field) in structure.fields.sorted(by: { $0.key < $1.key }) where result[name] == nil {
        if let value = field.defaultValue { result[name] = filled(value, field.type) }
      }
      return .object(result)
    case (.map(let element, _), .object(let object)):
      return .object(Object(uniqueEntries: object.entries.map { ($0.key, filled($0.value, element)) }))
    case (.list(let element, _), .array(let items)): return .array(items.map { filled($0, element) })
    default: return value
    }
  }

  /// What is wrong with an object by its schema: types and required fields.
  static func causes(_ value: Value, _ schema: TypeSchema) -> [StatusError.Cause] {
    TypedReading(value, schema).problems.map { problem in
      let field = problem.split(separator: ":").first.map { String($0.drop { $0 == "." }) } ?? ""
      return Validation.cause("FieldValueTypeInvalid", "Invalid value: \(problem)", field)
    }
      + RequiredFields.missing(value, schema, at: "").map {
        Validation.cause("FieldValueRequired", "Required value", $0)
      }
  }
}
