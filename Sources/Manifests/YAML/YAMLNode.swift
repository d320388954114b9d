/// One document of a YAML stream.
public struct YAMLDocument: Sendable {
  public var root: YAMLNode
  /// The line its content starts on, counted from 1.
  public var line: Int
}

/// A value of a YAML document, and where it stands.
///
/// Aliases and merge keys are resolved; what came through an alias has the position of its anchor.
public struct YAMLNode: Sendable {
  public enum Content: Sendable {
    /// Anything but a list or map, resolved as kustomize does.
    case scalar(Value)
    case sequence([YAMLNode])
    /// In the order of the document, keys from `<<` last.
    case mapping([Entry])
  }

  /// A key of a map with its value. Keys are distinct.
  public struct Entry: Sendable {
    public var key: String
    public var keyPosition: TextPosition
    public var value: YAMLNode
  }

  public var content: Content
  public var position: TextPosition

  /// The same without positions.
  public var value: Value {
    switch content {
    case .scalar(let value): value
    case .sequence(let nodes): .array(nodes.map(\.value))
    case .mapping(let entries): .object(Object(uniqueEntries: entries.map { ($0.key, $0.value.value) }))
    }
  }

  public var isNull: Bool {
    if case .scalar(.null) = content { true } else { false }
  }

  /// The entry of a key; nil where this is no map or has no such key.
  public func entry(_ key: String) -> Entry? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.hasSameBytes(as: key) }
  }

  /// The node under a key; nil where this is no map or has no such key.
  public subscript(key: String) -> YAMLNode? { entry(key)?.value }
}
