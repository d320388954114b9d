/// Bounds on what a document may make the process hold, whoever wrote it.
public struct ParseLimits: Sendable, Hashable {
  /// The most bytes of one input.
  public var bytes: Int
  /// The deepest nesting of lists and maps; the readers and writers of values recurse, so this bounds their stack.
  public var depth: Int
  /// The most values of one input, those that YAML aliases repeat counted each time.
  public var nodes: Int
  /// The most values that come from YAML aliases.
  public var aliasedNodes: Int
  /// The most documents of one YAML stream.
  public var documents: Int

  public init(
    bytes: Int = ParseLimits.defaultBytes, depth: Int = ParseLimits.defaultDepth,
    nodes: Int = ParseLimits.defaultNodes, aliasedNodes: Int = ParseLimits.defaultAliasedNodes,
    documents: Int = ParseLimits.defaultDocuments
  ) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
    self.aliasedNodes = aliasedNodes
    self.documents = documents
  }
}

extension ParseLimits {
  /// The same as one file of a tree may have.
  public static let defaultBytes = TreeLimits.fileBytes
  /// Four times what the deepest schemas of well-known custom resources need.
  public static let defaultDepth = 256
  /// A dense manifest has about one value for every ten bytes, so this fits the largest file twice over.
  public static let defaultNodes = 4_000_000
  /// What go-yaml, and so kubectl, allows.
  public static let defaultAliasedNodes = 400_000
  /// Ten times the documents of the largest published bundles of custom resource definitions.
  public static let defaultDocuments = 10_000
}

extension FleetError.Code {
  /// Text that is no JSON.
  public static let invalidJSON = FleetError.Code("invalid-json")
  /// Text that is no YAML, or YAML that JSON cannot say.
  public static let invalidYAML = FleetError.Code("invalid-yaml")
  /// A bound on sizes was reached.
  public static let limitExceeded = FleetError.Code("limit-exceeded")
}
