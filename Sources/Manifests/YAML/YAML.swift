/// Reads and writes YAML as Kubernetes' tools do.
///
/// Input is read as kustomize reads it (go-yaml v3): `yes`, `no`, `on` and `y` are texts, `0777` and `0o777` are 511, an
/// unquoted date becomes a text in RFC 3339. What JSON cannot say (keys that are no texts, `.nan`, `!!binary`) is
/// refused, and so are duplicate keys.
public enum YAML {
  /// Which reader's rules say what a scalar without quotes is.
  public enum Dialect: Sendable {
    /// Those of go-yaml v3, by which kustomize reads resources.
    case manifests
    /// Those of YAML 1.1 (`sigs.k8s.io/yaml`), by which kustomize reads its own files: `yes` and `off` are booleans,
    /// a date is the text it is spelt as, keys that are numbers or booleans become texts, the last of equal keys counts.
    case settings
    /// The same, equal keys refused.
    case strictSettings
  }

  /// One document of a stream, without positions.
  public struct ValueDocument: Sendable {
    public var value: Value
    /// The line its content starts on, counted from 1.
    public var line: Int
  }

  /// One document of a stream, every scalar as it is spelt.
  public struct TreeDocument: Sendable {
    public var root: YAMLTree
    /// The line its content starts on, counted from 1.
    public var line: Int
  }

  /// The documents of a stream with the position of every value and key, empty ones left out.
  /// - Parameter file: what errors call this input.
  public static func parseNodes(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits(), dialect: Dialect = .manifests
  ) throws(FleetError) -> [YAMLDocument] {
    try compose(bytes, file: file, limits: limits, dialect, NodeBuilder.self)
      .filter { !$0.root.isNull }
      .map { YAMLDocument(root: $0.root, line: $0.line) }
  }

  /// The documents of a stream, empty ones left out: quicker and smaller than `parseNodes`.
  /// - Parameter file: what errors call this input.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits(), dialect: Dialect = .manifests
  ) throws(FleetError) -> [ValueDocument] {
    try compose(bytes, file: file, limits: limits, dialect, ValueBuilder.self)
      .filter { !$0.root.isNull }
      .map { ValueDocument(value: $0.root, line: $0.line) }
  }

  /// The documents of a stream with every scalar as it is spelt, empty ones left out.
  /// - Parameter file: what errors call this input.
  public static func parseTrees(
    _ bytes: [UInt8], file: String, limits: ParseLimits = ParseLimits()
  ) throws(FleetError) -> [TreeDocument] {
    try compose(bytes, file: file, limits: limits, .manifests, TreeBuilder.self)
      .filter { !$0.root.isNull }
      .map { TreeDocument(root: $0.root, line: $0.line) }
  }

  private static func compose<Builder: YAMLBuilder>(
    _ bytes: [UInt8], file: String, limits: ParseLimits, _ dialect: Dialect, _: Builder.Type
  ) throws(FleetError) -> [(root: Builder.Element, line: Int)] {
    guard bytes.count <= limits.bytes else {
      throw FleetError(
        .limitExceeded, "\(bytes.count) bytes are more than the \(limits.bytes) allowed", at: .init(file: file))
    }
    let comments = Builder.self == TreeBuilder.self ? YAMLComments(bytes) : nil
    return try bytes.withUnsafeBufferPointer { buffer throws(FleetError) in
      var composer = YAMLComposer<Builder>(
        YAMLEvents(buffer, file: file), limits: limits, dialect: dialect, comments: comments)
      return try composer.documents()
    }
  }
}

extension YAML {
  /// The value as `kubectl kustomize` prints it: block style, keys in natural order, two spaces a level, texts in quotes
  /// where YAML 1.1 would read them otherwise.
  public static func emit(_ value: Value) -> [UInt8] {
    var emitter = YAMLEmitter()
    emitter.write(document: value)
    return emitter.bytes
  }

  /// Several documents with `---` between them.
  public static func emitDocuments(_ values: [Value]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(contentsOf: "---\n".utf8) }
      bytes.append(contentsOf: emit(value))
    }
    return bytes
  }
}
