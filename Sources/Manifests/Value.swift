/// A value of a Kubernetes manifest: what JSON can say, with exact 64-bit integers and with the order of keys kept.
///
/// Equality compares content, not spelling: texts byte by byte (Swift's `String` equality would hold `é` and `e` plus
/// an accent for the same key), objects without regard to the order of their keys.
public enum Value: Sendable {
  case null
  case bool(Bool)
  /// Any integer from `Int64.min` to `Int64.max`.
  case integer(Int64)
  /// Only integers above `Int64.max`; use `Value.unsignedInteger(_:)` to make one.
  case unsigned(UInt64)
  /// A finite number that is not an integer of 64 bits.
  case number(Double)
  case string(String)
  case array([Value])
  case object(Object)
}

extension Value {
  /// The value of an unsigned integer, in the one case that stands for it.
  public static func unsignedInteger(_ value: UInt64) -> Value {
    Int64(exactly: value).map(Value.integer) ?? .unsigned(value)
  }

  public var isNull: Bool {
    if case .null = self { true } else { false }
  }

  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  public var array: [Value]? {
    if case .array(let values) = self { values } else { nil }
  }

  public var object: Object? {
    if case .object(let object) = self { object } else { nil }
  }

  /// What a person calls this kind of value: `text`, `number`, `list` …
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .unsigned: "integer"
    case .number: "number"
    case .string: "text"
    case .array: "list"
    case .object: "map"
    }
  }

  /// The value under a key of an object; nil where this is no object or has no such key. Setting needs an object.
  public subscript(key: String) -> Value? {
    get { object?[key] }
    set {
      guard case .object(var object) = self else { return }
      self = .null  // so that the object below is unique and is changed in place
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The value at a path of keys; nil where any of them is missing.
  public subscript(path keys: String...) -> Value? {
    var value: Value? = self
    for key in keys { value = value?[key] }
    return value
  }
}

extension Value: Hashable {
  public static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.unsigned(let a), .unsigned(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .bool(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .unsigned(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let text): text.hashBytes(into: &hasher)
    case .array(let values): hasher.combine(values)
    case .object(let object): hasher.combine(object)
    }
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, Value)...) { self = .object(Object(elements)) }
  public init(nilLiteral: ()) { self = .null }
}
