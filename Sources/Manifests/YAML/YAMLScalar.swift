/// What a YAML scalar stands for, as go-yaml v3 resolves it and kustomize passes it on as JSON.
enum YAMLScalar {
  enum Resolution {
    case value(Value)
    /// Why there is no value.
    case refused(String)
  }

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

  static func resolve(_ text: UnsafeBufferPointer<UInt8>, isPlain: Bool, tag: String?) -> Resolution {
    guard let tag else {
      return isPlain ? plain(text) : .value(string(text))
    }
    switch tag {
    case Tag.string: return .value(string(text))
    case Tag.bool, Tag.integer, Tag.float, Tag.null, Tag.timestamp: return tagged(text, tag)
    default: return .refused("the tag \(tag) is not supported")
    }
  }

  /// A text, which libyaml has checked to be UTF-8.
  private static func string(_ text: UnsafeBufferPointer<UInt8>) -> Value {
    .string(String(decoding: text, as: UTF8.self))
  }

  private static func plain(_ text: UnsafeBufferPointer<UInt8>) -> Resolution {
    switch untagged(text, allowsTimestamp: true) {
    case .other: .value(string(text))
    case .null: .value(.null)
    case .bool(let value): .value(.bool(value))
    case .integer(let value): .value(value)
    case .float(let value) where value.isFinite: .value(Value(shortest: value))
    case .float: .refused("a number that JSON cannot say")
    case .timestamp(let text): .value(.string(text))
    case .timestampWithoutText: .refused("a date with an offset that RFC 3339 cannot say")
    }
  }

  private static func tagged(_ text: UnsafeBufferPointer<UInt8>, _ tag: String) -> Resolution {
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
