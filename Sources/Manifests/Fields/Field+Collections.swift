extension Field {
  /// A key of a map whose keys are free, with its value.
  public struct Entry: Sendable {
    public var key: String
    /// The value; errors about the key itself are best thrown at `keyAddress`.
    public var field: Field
    public var keyAddress: FleetError.Address
  }

  /// The elements of a list.
  public func array() throws(FleetError) -> [Field] {
    switch content {
    case .value(.array(let values)):
      return values.enumerated().map { Field(.value($1), file: file, path: .index($0, of: path)) }
    case .node(let node):
      if case .sequence(let nodes) = node.content {
        return nodes.enumerated().map { Field(.node($1), file: file, path: .index($0, of: path)) }
      }
    default: break
    }
    throw error("\(kindName) where a list should stand")
  }

  /// A list, each of its elements read the same way.
  public func array<Element>(
    _ read: (Field) throws(FleetError) -> Element
  ) throws(FleetError) -> [Element] {
    var elements: [Element] = []
    for field in try array() { elements.append(try read(field)) }
    return elements
  }

  /// A list of texts.
  public func strings() throws(FleetError) -> [String] {
    try array { field throws(FleetError) in try field.string() }
  }

  /// The keys and values of a map whose keys are free, in the order of the document.
  public func entries() throws(FleetError) -> [Entry] {
    switch content {
    case .value(.object(let object)):
      return object.map { entry($0.key, .value($0.value), at: nil) }
    case .node(let node):
      if case .mapping(let entries) = node.content {
        return entries.map { entry($0.key, .node($0.value), at: $0.keyPosition) }
      }
    default: break
    }
    throw error("\(kindName) where a map should stand")
  }

  private func entry(_ key: String, _ content: Content, at position: TextPosition?) -> Entry {
    let field = Field(content, file: file, path: .key(key, of: path))
    return Entry(key: key, field: field, keyAddress: field.address(at: position))
  }

  /// A map from texts to texts, as labels and annotations are.
  public func stringMap() throws(FleetError) -> [String: String] {
    var map: [String: String] = [:]
    for entry in try entries() {
      // Keys differ in their bytes, but to Swift's dictionary they may still be canonically equal.
      guard map.updateValue(try entry.field.string(), forKey: entry.key) == nil else {
        throw FleetError(.invalidField, "two keys that look the same", at: entry.keyAddress)
      }
    }
    return map
  }

  /// A map whose keys are fields of a format. Whatever the closure did not ask for is refused when it returns.
  /// - Parameters:
  ///   - letterCase: how field names are compared.
  ///   - read: asks for the fields, required ones and optional ones.
  public func object<Result>(
    letterCase: Fields.LetterCase = .exact, _ read: (inout Fields) throws(FleetError) -> Result
  ) throws(FleetError) -> Result {
    var fields = Fields(of: self, entries: try entries(), letterCase: letterCase)
    let result = try read(&fields)
    try fields.refuseRest()
    return result
  }
}
