/// A YAML document with every scalar as its author spelt it.
///
/// kustomize works on such a tree, and its results depend on it: an annotation written `1.50` becomes the text `1.50`,
/// and a number patched over a text in quotes stays a text. Aliases and merge keys are resolved.
public enum YAMLTree: Sendable {
  /// Of which kind a scalar is.
  public enum Tag: UInt8, Sendable {
    /// Not known until the document is written: what the text says then.
    case none
    case string
    case bool
    case integer
    case float
    case null
    case timestamp
  }

  public enum Style: UInt8, Sendable {
    case plain
    /// In quotes, or a block of text.
    case quoted
    /// A block whose lines are put together.
    case folded
  }

  public struct Scalar: Sendable {
    public var text: String
    public var tag: Tag
    public var style: Style
    /// Scalars of one document that share a number other than 0 are one and the same, for whoever sees to that.
    public var link: UInt32 = 0

    public init(_ text: String, _ tag: Tag, _ style: Style = .plain) {
      self.text = text
      self.tag = tag
      self.style = style
    }
  }

  /// The JSON object that a comment beside a key is.
  public final class Remark: Sendable {
    public let value: Value

    init(_ value: Value) { self.value = value }
  }

  /// A key of a map with its value. Keys are distinct.
  public struct Entry: Sendable {
    public var key: String
    public var value: YAMLTree
    /// Whether the key is a text, as JSON's keys are; a document with another one cannot be resolved.
    public var hasTextKey: Bool
    /// Beside or above the key, where the value is a list or a map.
    public var remark: Remark?

    public init(_ key: String, _ value: YAMLTree, hasTextKey: Bool = true) {
      self.key = key
      self.value = value
      self.hasTextKey = hasTextKey
    }
  }

  case scalar(Scalar)
  case sequence([YAMLTree])
  case mapping([Entry])
}

extension YAMLTree {
  public static let null = YAMLTree.scalar(Scalar("null", .null))

  /// A text.
  public static func string(_ text: String) -> YAMLTree { .scalar(Scalar(text, .string)) }

  public var isNull: Bool {
    if case .scalar(let scalar) = self { scalar.tag == .null } else { false }
  }

  public var scalar: Scalar? {
    if case .scalar(let scalar) = self { scalar } else { nil }
  }

  public var elements: [YAMLTree]? {
    if case .sequence(let elements) = self { elements } else { nil }
  }

  public var entries: [Entry]? {
    if case .mapping(let entries) = self { entries } else { nil }
  }

  /// The value under a key; nil where this is no map or has no such key.
  public subscript(key: String) -> YAMLTree? {
    guard case .mapping(let entries) = self else { return nil }
    return entries.first { $0.key.hasSameBytes(as: key) }?.value
  }
}

extension YAMLTree {
  /// What the document says once it has been written and read again, as kustomize does before it prints.
  ///
  /// Throws for what JSON cannot say, without an address.
  public func resolved() throws(FleetError) -> Value {
    switch self {
    case .scalar(let scalar): return try scalar.resolved()
    case .sequence(let elements):
      var values: [Value] = []
      values.reserveCapacity(elements.count)
      for element in elements { values.append(try element.resolved()) }
      return .array(values)
    case .mapping(let entries):
      var values: [Object.Entry] = []
      values.reserveCapacity(entries.count)
      for entry in entries {
        guard entry.hasTextKey else {
          throw FleetError(
            .invalidYAML, "the key \(entry.key) is no text", nextStep: "write the key in quotes")
        }
        values.append((entry.key, try entry.value.resolved()))
      }
      return .object(Object(uniqueEntries: values))
    }
  }

  /// The tree that writing this value as YAML and reading it again gives.
  public init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .bool(let value): self = .scalar(Scalar(value ? "true" : "false", .bool))
    case .integer(let value): self = .scalar(Scalar(String(value), .integer))
    case .unsigned(let value): self = .scalar(Scalar(String(value), .integer))
    case .number: self = .scalar(Scalar(String(decoding: JSON.compact(value), as: UTF8.self), .float))
    case .string(let text):
      self = .scalar(Scalar(text, .string, Scalar.needsQuotes(text) ? .quoted : .plain))
    case .array(let values): self = .sequence(values.map { YAMLTree($0) })
    case .object(let object): self = .mapping(object.map { Entry($0.key, YAMLTree($0.value)) })
    }
  }
}

extension YAMLTree.Scalar {
  /// What this scalar says once it has been written and read again.
  public func resolved() throws(FleetError) -> Value {
    if tag == .string { return .string(style == .folded ? YAMLFoldedText.rewritten(text) : text) }
    var spelt = text
    let made: YAMLScalar.Resolution = spelt.withUTF8 { bytes in
      let written = YAMLTree.Tag(of: bytes, isPlain: true, tag: nil)
      // A tag that the text alone implies is not written, and what stands in quotes without a tag is a text.
      let isTagWritten = tag != .none && tag != written
      if isTagWritten { return YAMLScalar.tagged(bytes, tag.name) }
      return style == .plain ? YAMLScalar.plain(bytes) : .made(YAMLScalar.string(bytes))
    }
    switch made {
    case .made(let value): return value
    case .refused(let reason): throw FleetError(.invalidYAML, reason)
    }
  }

  /// What this is as a map's key.
  var keyValue: Value { (try? resolved()) ?? .null }

  /// Whether go-yaml writes this text in quotes or as a block.
  public static func needsQuotes(_ text: String) -> Bool {
    var spelt = text
    return spelt.withUTF8 { bytes in
      guard let first = bytes.first, let last = bytes.last else { return true }
      if YAMLTree.Tag(of: bytes, isPlain: true, tag: nil) != .string { return true }
      if case .made(.bool) = YAMLScalar.resolve(bytes, isPlain: true, tag: nil, .settings) { return true }
      if first == 0x20 || last == 0x20 || bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return true }
      return startsLikeAnIndicator(bytes) || holdsAnIndicator(bytes)
    }
  }

  /// Whether this text, as far as its characters allow, is read as a text when it stands without quotes.
  public static func isTextWithoutQuotes(_ text: String) -> Bool {
    var spelt = text
    return spelt.withUTF8 { YAMLTree.Tag(of: $0, isPlain: true, tag: nil) == .string }
  }

  private static let indicators = Array("#,[]{}&*!|>'\"%@`".utf8)

  private static func startsLikeAnIndicator(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if indicators.contains(bytes[0]) || bytes.starts(with: "---".utf8) || bytes.starts(with: "...".utf8) { return true }
    let isDash = [UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":")].contains(bytes[0])
    return isDash && (bytes.count == 1 || bytes[1] == 0x20)
  }

  /// `: ` and ` #` inside, or `:` at the end.
  private static func holdsAnIndicator(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if bytes.last == UInt8(ascii: ":") { return true }
    for (left, right) in zip(bytes, bytes.dropFirst()) {
      if left == UInt8(ascii: ":") && right == 0x20 { return true }
      if left == 0x20 && right == UInt8(ascii: "#") { return true }
    }
    return false
  }
}

extension YAMLTree.Tag {
  /// The kind of a scalar of a document; nil for a tag that JSON has nothing for.
  init?(of text: UnsafeBufferPointer<UInt8>, isPlain: Bool, tag: String?) {
    if let tag {
      guard let known = YAMLTree.Tag.named[tag] else { return nil }
      self = known
    } else if !isPlain {
      self = .string
    } else {
      switch YAMLScalar.untagged(text, allowsTimestamp: true) {
      case .null: self = .null
      case .bool: self = .bool
      case .integer: self = .integer
      case .float: self = .float
      case .timestamp, .timestampWithoutText: self = .timestamp
      case .other: self = .string
      }
    }
  }

  private static let named: [String: YAMLTree.Tag] = [
    YAMLScalar.Tag.string: .string, YAMLScalar.Tag.bool: .bool, YAMLScalar.Tag.integer: .integer,
    YAMLScalar.Tag.float: .float, YAMLScalar.Tag.null: .null, YAMLScalar.Tag.timestamp: .timestamp,
  ]

  fileprivate var name: String {
    switch self {
    case .none, .string: YAMLScalar.Tag.string
    case .bool: YAMLScalar.Tag.bool
    case .integer: YAMLScalar.Tag.integer
    case .float: YAMLScalar.Tag.float
    case .null: YAMLScalar.Tag.null
    case .timestamp: YAMLScalar.Tag.timestamp
    }
  }
}
