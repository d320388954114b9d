/// What a composer makes of a document: plain values, nodes with positions, or a tree of spelt scalars.
protocol YAMLBuilder {
  associatedtype Element
  associatedtype Entry
  static func scalar(
    _ text: UnsafeBufferPointer<UInt8>, _ form: YAMLEvents.Scalar, _ dialect: YAML.Dialect, at position: TextPosition
  ) -> YAMLScalar.Made<Element>
  static func sequence(_ elements: [Element], at position: TextPosition) -> Element
  static func mapping(_ entries: [Entry], at position: TextPosition) -> Element
  /// - Parameter keyElement: what was made of the key.
  static func entry(_ key: String, _ keyElement: Element, at position: TextPosition, _ value: Element) -> Entry
  /// Notes the JSON object in the comment beside a key, where the result can hold one.
  static func note(_ remark: Value, on entry: inout Entry)
  static func key(of entry: Entry) -> String
  /// The scalar an element is, or nil for a list or map.
  static func scalarValue(of element: Element) -> Value?
  /// The spelling of a key that is no text, where the result can hold such keys.
  static func keyText(of element: Element) -> String?
  /// The entries of a map, or nil when the element is none.
  static func entries(of element: Element) -> [Entry]?
  /// The elements of a list, or nil when the element is none.
  static func elements(of element: Element) -> [Element]?
}

extension YAMLBuilder {
  static func keyText(of element: Element) -> String? { nil }
  static func note(_ remark: Value, on entry: inout Entry) {}
}

enum ValueBuilder: YAMLBuilder {
  static func scalar(
    _ text: UnsafeBufferPointer<UInt8>, _ form: YAMLEvents.Scalar, _ dialect: YAML.Dialect, at position: TextPosition
  ) -> YAMLScalar.Made<Value> {
    YAMLScalar.resolve(text, isPlain: form.isPlain, tag: form.tag, dialect)
  }
  static func sequence(_ elements: [Value], at position: TextPosition) -> Value { .array(elements) }
  static func mapping(_ entries: [Object.Entry], at position: TextPosition) -> Value {
    .object(Object(uniqueEntries: entries))
  }
  static func entry(_ key: String, _: Value, at position: TextPosition, _ value: Value) -> Object.Entry {
    (key, value)
  }
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
  static func scalar(
    _ text: UnsafeBufferPointer<UInt8>, _ form: YAMLEvents.Scalar, _ dialect: YAML.Dialect, at position: TextPosition
  ) -> YAMLScalar.Made<YAMLNode> {
    switch YAMLScalar.resolve(text, isPlain: form.isPlain, tag: form.tag, dialect) {
    case .made(let value): .made(YAMLNode(content: .scalar(value), position: position))
    case .refused(let reason): .refused(reason)
    }
  }
  static func sequence(_ elements: [YAMLNode], at position: TextPosition) -> YAMLNode {
    YAMLNode(content: .sequence(elements), position: position)
  }
  static func mapping(_ entries: [YAMLNode.Entry], at position: TextPosition) -> YAMLNode {
    YAMLNode(content: .mapping(entries), position: position)
  }
  static func entry(_ key: String, _: YAMLNode, at position: TextPosition, _ value: YAMLNode) -> YAMLNode.Entry {
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

enum TreeBuilder: YAMLBuilder {
  static func scalar(
    _ text: UnsafeBufferPointer<UInt8>, _ form: YAMLEvents.Scalar, _ dialect: YAML.Dialect, at position: TextPosition
  ) -> YAMLScalar.Made<YAMLTree> {
    guard let tag = YAMLTree.Tag(of: text, isPlain: form.isPlain, tag: form.tag) else {
      return .refused("the tag \(form.tag ?? "") is not supported")
    }
    // A tag that the author wrote stays, and says more than quotes do.
    let isTagged = form.tag != nil && tag != .string
    let style: YAMLTree.Style = form.isPlain || isTagged ? .plain : form.isFolded ? .folded : .quoted
    return .made(.scalar(YAMLTree.Scalar(String(decoding: text, as: UTF8.self), tag, style)))
  }
  static func sequence(_ elements: [YAMLTree], at position: TextPosition) -> YAMLTree { .sequence(elements) }
  static func mapping(_ entries: [YAMLTree.Entry], at position: TextPosition) -> YAMLTree { .mapping(entries) }
  static func entry(
    _ key: String, _ keyElement: YAMLTree, at position: TextPosition, _ value: YAMLTree
  ) -> YAMLTree.Entry {
    YAMLTree.Entry(key, value, hasTextKey: keyElement.scalar?.tag == .string)
  }
  static func note(_ remark: Value, on entry: inout YAMLTree.Entry) { entry.remark = YAMLTree.Remark(remark) }
  static func key(of entry: YAMLTree.Entry) -> String { entry.key }
  static func scalarValue(of element: YAMLTree) -> Value? {
    if case .scalar(let scalar) = element { scalar.keyValue } else { nil }
  }
  static func keyText(of element: YAMLTree) -> String? { element.scalar?.text }
  static func entries(of element: YAMLTree) -> [YAMLTree.Entry]? { element.entries }
  static func elements(of element: YAMLTree) -> [YAMLTree]? { element.elements }
}
