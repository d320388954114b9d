/// What a YAML scalar stands for, as go-yaml v3 resolves it and kustomize passes it on as JSON.
enum YAMLScalar {
  /// What was made of a scalar.
  enum Made<Element> {
    case made(Element)
    /// Why there is none.
    case refused(String)
  }
  typealias Resolution = Made<Value>

  enum Tag {
    static let prefix = "tag:yaml.org,2002:"
    static let string = prefix + "str"
    static let bool = prefix + "bool"
    static let integer = prefix + "int"
    static let float = prefix + "float"
    static let null = prefix + "null"
    static let timestamp = prefix + "timestamp"
    static let sequence = prefix + "seq"
    static let mapping = prefix + "map"
    static let merge = prefix + "merge"
  }

  static func resolve(
    _ text: UnsafeBufferPointer<UInt8>, isPlain: Bool, tag: String?, _ dialect: YAML.Dialect = .manifests
  ) -> Resolution {
    guard let tag else {
      guard isPlain else { return .made(string(text)) }
      return dialect == .manifests ? plain(text) : plainInYAML11(text)
    }
    switch tag {
    case Tag.string: return .made(string(text))
    case Tag.bool, Tag.integer, Tag.float, Tag.null, Tag.timestamp: return tagged(text, tag)
    default: return .refused("the tag \(tag) is not supported")
    }
  }

  /// A text, which libyaml has checked to be UTF-8.
  static func string(_ text: UnsafeBufferPointer<UInt8>) -> Value {
    .string(String(decoding: text, as: UTF8.self))
  }

  static func plain(_ text: UnsafeBufferPointer<UInt8>) -> Resolution {
    switch untagged(text, allowsTimestamp: true) {
    case .other: .made(string(text))
    case .null: .made(.null)
    case .bool(let value): .made(.bool(value))
    case .integer(let value): .made(value)
    case .float(let value) where value.isFinite: .made(Value(shortest: value))
    case .float: .refused("a number that JSON cannot say")
    case .timestamp(let text): .made(.string(text))
    case .timestampWithoutText: .refused("a date with an offset that RFC 3339 cannot say")
    }
  }

  /// YAML 1.1 has more words for true and false; a date stays as it is spelt, as `sigs.k8s.io/yaml` leaves it.
  private static func plainInYAML11(_ text: UnsafeBufferPointer<UInt8>) -> Resolution {
    if matches(text, "y", "Y", "yes") || matches(text, "Yes", "YES", "on") || matches(text, "On", "ON") {
      return .made(.bool(true))
    }
    if matches(text, "n", "N", "no") || matches(text, "No", "NO", "off") || matches(text, "Off", "OFF") {
      return .made(.bool(false))
    }
    if case .timestamp = untagged(text, allowsTimestamp: true) { return .made(string(text)) }
    return plain(text)
  }

  static func tagged(_ text: UnsafeBufferPointer<UInt8>, _ tag: String) -> Resolution {
    let resolved = untagged(text, allowsTimestamp: tag == Tag.timestamp)
    switch (resolved, tag) {
    case (.null, Tag.null), (.bool, Tag.bool), (.integer, Tag.integer), (.float, Tag.float), (.integer, Tag.float),
      (.timestamp, Tag.timestamp), (.timestampWithoutText, Tag.timestamp):
      // An integer tagged as a float is written as JSON without a fraction again.
      return plain(text)
    default: return .refused("a value that is not what its tag \(tag) says")
    }
  }

  /// What a scalar without quotes is.
  enum Resolved {
    case null
    case bool(Bool)
    case integer(Value)
    case float(Double)
    case timestamp(String)
    /// A point in time that Go refuses to write as JSON.
    case timestampWithoutText
    /// Nothing special, so a text.
    case other
  }

  static func untagged(_ text: UnsafeBufferPointer<UInt8>, allowsTimestamp: Bool) -> Resolved {
    guard let first = text.first else { return .null }
    switch first {
    case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "n"),
      UInt8(ascii: "N"), UInt8(ascii: "~"):
      return word(text)
    case UInt8(ascii: "."): return special(text) ?? float(text) ?? .other
    case UInt8(ascii: "+"), UInt8(ascii: "-"), 0x30...0x39:
      if let special = special(text) { return special }
      if allowsTimestamp, let timestamp = YAMLTimestamp.resolve(text) { return timestamp }
      return YAMLNumber.resolve(text)
    default: return .other
    }
  }

  private static func word(_ text: UnsafeBufferPointer<UInt8>) -> Resolved {
    guard text.count <= 5 else { return .other }
    switch text.count {
    case 1 where text[0] == UInt8(ascii: "~"): return .null
    case 4 where matches(text, "null", "Null", "NULL"): return .null
    case 4 where matches(text, "true", "True", "TRUE"): return .bool(true)
    case 5 where matches(text, "false", "False", "FALSE"): return .bool(false)
    default: return .other
    }
  }

  /// The spellings of infinity and of what is no number.
  private static func special(_ text: UnsafeBufferPointer<UInt8>) -> Resolved? {
    guard text.count == 4 || text.count == 5 else { return nil }
    if matches(text, ".inf", ".Inf", ".INF") || matches(text, "+.inf", "+.Inf", "+.INF") { return .float(.infinity) }
    if matches(text, "-.inf", "-.Inf", "-.INF") { return .float(-.infinity) }
    return matches(text, ".nan", ".NaN", ".NAN") ? .float(.nan) : nil
  }

  private static func matches(_ text: UnsafeBufferPointer<UInt8>, _ words: StaticString...) -> Bool {
    words.contains { word in
      text.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
  }

  private static func float(_ text: UnsafeBufferPointer<UInt8>) -> Resolved? {
    YAMLNumber.goFloat(text).map(Resolved.float)
  }
}

extension YAMLScalar {
  /// The text that a key which is no text becomes in `sigs.k8s.io/yaml`; nil where it stays what it is.
  static func key(_ value: Value, _ dialect: YAML.Dialect) -> String? {
    guard dialect != .manifests else { return nil }
    switch value {
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .unsigned(let value): return String(value)
    default: return nil
    }
  }
}
