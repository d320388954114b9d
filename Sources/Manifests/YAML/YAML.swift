/// Reads and writes YAML as Kubernetes' tools do.
///
/// Input is read as kustomize reads it (go-yaml v3): `yes`, `no`, `on` and `y` are texts, `0777` and `0o777` are 511, an
/// unquoted date becomes a text in RFC 3339. What JSON cannot say (keys that are no texts, `.nan`, `!!binary`) is
/// refused, and so are duplicate keys.
public enum YAML {
  /// One document of a stream, without positions.
  public struct ValueDocument: Sendable {
    public var value: Value
    /// The line its content starts on, counted from 1.
    public var line: Int
  }

  /// The documents of a stream with the position of every value and key, empty ones left out.
  /// - Parameter file: what errors call this input.
  public static func parseNodes(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits()
  ) throws(FleetError) -> [YAMLDocument] {
    try compose(bytes, file: file, limits: limits, NodeBuilder.self)
      .filter { !$0.root.isNull }
      .map { YAMLDocument(root: $0.root, line: $0.line) }
  }

  /// The documents of a stream, empty ones left out: quicker and smaller than `parseNodes`.
  /// - Parameter file: what errors call this input.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits()
  ) throws(FleetError) -> [ValueDocument] {
    try compose(bytes, file: file, limits: limits, ValueBuilder.self)
      .filter { !$0.root.isNull }
      .map { ValueDocument(value: $0.root, line: $0.line) }
  }

  private static func compose<Builder: YAMLBuilder>(
    _ bytes: [UInt8], file: String, limits: ParseLimits, _: Builder.Type
  ) throws(FleetError) -> [(root: Builder.Element, line: Int)] {
    guard bytes.count <= limits.bytes else {
      throw FleetError(
        .limitExceeded, "\(bytes.count) bytes are more than the \(limits.bytes) allowed", at: .init(file: file))
    }
    return try bytes.withUnsafeBufferPointer { buffer throws(FleetError) in
      var composer = YAMLComposer<Builder>(YAMLEvents(buffer, file: file), limits: limits)
      return try composer.documents()
    }
  }
}
