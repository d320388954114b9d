import Manifests

/// A schema, or a part of one.
struct SchemaNode: Sendable {
  private(set) var object: Object

  init(_ object: Object) { self.object = object }

  private var value: Value { .object(object) }

  /// With a sentence that editors show.
  func saying(_ description: String) -> SchemaNode {
    var node = self
    node.object["description"] = .string(description)
    return node
  }

  // MARK: Shapes

  /// A map of these fields and no others. A field that is null counts as not given.
  static func map(_ fields: KeyValuePairs<String, SchemaNode>, required: [String] = []) -> SchemaNode {
    var object: Object = [
      "type": "object", "additionalProperties": false,
      "properties": .object(
        Object(
          fields.map { name, node in
            (name, required.contains(name) ? node.value : node.orNull.value)
          })),
    ]
    if !required.isEmpty { object["required"] = .array(required.map(Value.string)) }
    return SchemaNode(object)
  }

  /// A map whose keys are names.
  static func entries(of node: SchemaNode) -> SchemaNode {
    SchemaNode(["type": "object", "propertyNames": name.value, "additionalProperties": node.value])
  }

  static func list(
    of node: SchemaNode, atLeast least: Int = 0, atMost most: Int? = nil, isSet: Bool = false
  ) -> SchemaNode {
    var object: Object = ["type": "array", "items": node.value]
    if least > 0 { object["minItems"] = .integer(Int64(least)) }
    if let most { object["maxItems"] = .integer(Int64(most)) }
    if isSet { object["uniqueItems"] = true }
    return SchemaNode(object)
  }

  /// Exactly one of these fields is given.
  func exactlyOne(of names: [String]) -> SchemaNode {
    var node = self
    node.object["oneOf"] = .array(names.map { ["required": [.string($0)]] })
    return node
  }

  private var orNull: SchemaNode {
    var node = SchemaNode(["anyOf": [value, ["type": "null"]]])
    // Where editors look for it.
    if let description = object["description"] { node.object["description"] = description }
    return node
  }

  // MARK: Leaves

  static let boolean = SchemaNode(["type": "boolean"])
  static let anyText = SchemaNode(["type": "string"])
  static let text = SchemaNode(["type": "string", "minLength": 1])
  /// What `Names.isLabel` takes.
  static let name = SchemaNode(["type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"])
  static let pointer = SchemaNode(["type": "string", "pattern": "^/([^~]|~[01])*$"])
  /// A superset of what `Field.kubernetes` takes.
  static let kubernetesVersion = SchemaNode([
    "type": "string", "pattern": "^v?[0-9]+\\.[0-9]+(\\.[0-9]+([-+][-+.0-9A-Za-z]+)?)?$",
  ])
  static let apiVersion = SchemaNode(["type": "string", "pattern": "^[.0-9A-Za-z-]+(/[.0-9A-Za-z-]+){0,2}$"])
  static let span = SchemaNode([
    "type": "string", "pattern": "^(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
    "examples": ["30s", "10m", "1h30m"],
  ])
  static let url = SchemaNode(["type": "string", "pattern": "^https?://"])
  static let condition = SchemaNode([
    "type": "string", "pattern": "^(<|<=|>|>=|==|!=) +[-+.0-9eE]+$", "examples": ["< 0.05"],
  ])
  static func number(_ range: ClosedRange<Int>) -> SchemaNode {
    SchemaNode([
      "type": "integer", "minimum": .integer(Int64(range.lowerBound)), "maximum": .integer(Int64(range.upperBound)),
    ])
  }
  static let labels = SchemaNode([
    "type": "object", "additionalProperties": labelValue.value, "maxProperties": .integer(Int64(FleetLimits.labels)),
  ])
  private static let labelValue = SchemaNode([
    "type": "string", "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
  ])

  static func constant(_ text: String) -> SchemaNode { SchemaNode(["const": .string(text)]) }
  static func one(of texts: [String]) -> SchemaNode { SchemaNode(["enum": .array(texts.map(Value.string))]) }

  /// A number of clusters, or a share of them.
  static func width(atLeast least: Int) -> SchemaNode {
    SchemaNode([
      "anyOf": [
        ["type": "integer", "minimum": .integer(Int64(least)), "maximum": .integer(Int64(FleetLimits.width))],
        ["type": "string", "pattern": .string(least > 0 ? "^0*([1-9][0-9]?|100)%$" : "^0*([0-9][0-9]?|100)%$")],
      ],
      "examples": [1, "25%"],
    ])
  }

  static let labelSelector = map([
    "matchLabels": labels,
    "matchExpressions": list(
      of: map(
        [
          "key": text, "operator": one(of: LabelSelector.Operator.allCases.map(\.rawValue)),
          "values": list(of: labelValue, atMost: FleetLimits.selectorValues),
        ], required: ["key", "operator"]), atMost: FleetLimits.labels),
  ])
}
