/// What a composer makes of a document: plain values, or nodes with positions.
protocol YAMLBuilder {
  associatedtype Element
  associatedtype Entry
  static func scalar(_ value: Value, at position: TextPosition) -> Element
  static func sequence(_ elements: [Element], at position: TextPosition) -> Element
  static func mapping(_ entries: [Entry], at position: TextPosition) -> Element
  static func entry(_ key: String, at position: TextPosition, _ value: Element) -> Entry
  static func key(of entry: Entry) -> String
  /// The scalar an element is, or nil for a list or map.
  static func scalarValue(of element: Element) -> Value?
  /// The entries of a map, or nil when the element is none.
  static func entries(of element: Element) -> [Entry]?
  /// The elements of a list, or nil when the element is none.
  static func elements(of element: Element) -> [Element]?
}

enum ValueBuilder: YAMLBuilder {
  static func scalar(_ value: Value, at position: TextPosition) -> Value { value }
  static func sequence(_ elements: [Value], at position: TextPosition) -> Value { .array(elements) }
  static func mapping(_ entries: [Object.Entry], at position: TextPosition) -> Value {
    .object(Object(uniqueEntries: entries))
  }
  static func entry(_ key: String, at position: TextPosition, _ value: Value) -> Object.Entry { (key, value) }
  static func key(of entry: Object.Entry) -> String { entry.key }
  static func scalarValue(of element: Value) -> Value? {
    switch element {
    case .array, .object: nil
    default: element
    }
  }
  static func entries(of element: Value) -> [Object.Entry]? { element.object?.entries }
  static func elements(of element: Value) -> [Value]? { element.array }
}

enum NodeBuilder: YAMLBuilder {
  static func scalar(_ value: Value, at position: TextPosition) -> YAMLNode {
    YAMLNode(content: .scalar(value), position: position)
  }
  static func sequence(_ elements: [YAMLNode], at position: TextPosition) -> YAMLNode {
    YAMLNode(content: .sequence(elements), position: position)
  }
  static func mapping(_ entries: [YAMLNode.Entry], at position: TextPosition) -> YAMLNode {
    YAMLNode(content: .mapping(entries), position: position)
  }
  static func entry(_ key: String, at position: TextPosition, _ value: YAMLNode) -> YAMLNode.Entry {
    YAMLNode.Entry(key: key, keyPosition: position, value: value)
  }
  static func key(of entry: YAMLNode.Entry) -> String { entry.key }
  static func scalarValue(of element: YAMLNode) -> Value? {
    if case .scalar(let value) = element.content { value } else { nil }
  }
  static func entries(of element: YAMLNode) -> [YAMLNode.Entry]? {
    if case .mapping(let entries) = element.content { entries } else { nil }
  }
  static func elements(of element: YAMLNode) -> [YAMLNode]? {
    if case .sequence(let elements) = element.content { elements } else { nil }
  }
}
