internal import CLibYAML

/// Puts the events of a stream together to documents.
struct YAMLComposer<Builder: YAMLBuilder>: ~Copyable {
  private var events: YAMLEvents
  private let limits: ParseLimits
  private let dialect: YAML.Dialect
  private var anchors: [String: Anchored] = [:]
  private var nodes = 0
  private var aliasedNodes = 0
  /// Where the keys of the maps under way stand, the innermost map's last.
  private var keyPositions: [TextPosition] = []
  private let comments: YAMLComments?
  /// The line that the last scalar ends on.
  private var lastText = 0

  /// A value with an anchor, and how many values it holds.
  private struct Anchored {
    var element: Builder.Element
    var nodes: Int
  }

  init(_ events: consuming YAMLEvents, limits: ParseLimits, dialect: YAML.Dialect, comments: YAMLComments?) {
    self.events = events
    self.limits = limits
    self.dialect = dialect
    self.comments = comments
  }

  mutating func documents() throws(FleetError) -> [(root: Builder.Element, line: Int)] {
    var documents: [(root: Builder.Element, line: Int)] = []
    while true {
      switch try events.next() {
      case YAML_STREAM_END_EVENT: return documents
      case YAML_DOCUMENT_START_EVENT:
        guard documents.count < limits.documents else {
          throw events.error("more than \(limits.documents) documents", code: .limitExceeded)
        }
        documents.append(try document())
      default: break
      }
    }
  }

  private mutating func document() throws(FleetError) -> (root: Builder.Element, line: Int) {
    anchors.removeAll()
    let type = try events.next()
    let line = events.position.line
    return (try node(type, depth: 0), line)
  }

  private mutating func node(_ type: yaml_event_type_t, depth: Int) throws(FleetError) -> Builder.Element {
    nodes += 1
    guard nodes <= limits.nodes else {
      throw events.error("more than \(limits.nodes) values", code: .limitExceeded)
    }
    switch type {
    case YAML_SCALAR_EVENT: return try scalar()
    case YAML_ALIAS_EVENT: return try alias()
    case YAML_SEQUENCE_START_EVENT: return try sequence(depth: depth + 1)
    case YAML_MAPPING_START_EVENT: return try mapping(depth: depth + 1)
    default: throw events.error("a value should stand here")
    }
  }

  private mutating func scalar() throws(FleetError) -> Builder.Element {
    let element = try scalarElement()
    lastText = events.end.line
    if let anchor = events.scalarAnchor { anchors[anchor] = Anchored(element: element, nodes: 1) }
    return element
  }

  private func scalarElement() throws(FleetError) -> Builder.Element {
    let (form, position) = (events.scalar, events.position)
    let made = events.withScalarBytes { Builder.scalar($0, form, dialect, at: position) }
    switch made {
    case .made(let element): return element
    case .refused(let reason): throw events.error(reason)
    }
  }

  private mutating func alias() throws(FleetError) -> Builder.Element {
    let name = events.alias
    guard let anchored = anchors[name] else {
      throw events.error("*\(name) stands for nothing: no &\(name) ends before it in this document")
    }
    aliasedNodes += anchored.nodes
    nodes += anchored.nodes - 1
    guard aliasedNodes <= limits.aliasedNodes, nodes <= limits.nodes else {
      throw events.error("aliases repeat more than \(limits.aliasedNodes) values", code: .limitExceeded)
    }
    return anchored.element
  }

  private mutating func sequence(depth: Int) throws(FleetError) -> Builder.Element {
    let position = events.position
    let anchor = events.sequenceAnchor
    let before = nodes
    try enter(depth, tag: events.sequenceTag, expected: YAMLScalar.Tag.sequence)
    var elements: [Builder.Element] = []
    while true {
      let type = try events.next()
      if type == YAML_SEQUENCE_END_EVENT { break }
      elements.append(try node(type, depth: depth))
    }
    let element = Builder.sequence(elements, at: position)
    if let anchor { anchors[anchor] = Anchored(element: element, nodes: nodes - before + 1) }
    return element
  }

  private mutating func mapping(depth: Int) throws(FleetError) -> Builder.Element {
    let position = events.position
    let anchor = events.mappingAnchor
    let before = nodes
    try enter(depth, tag: events.mappingTag, expected: YAMLScalar.Tag.mapping)
    let element = Builder.mapping(try entries(depth: depth), at: position)
    if let anchor { anchors[anchor] = Anchored(element: element, nodes: nodes - before + 1) }
    return element
  }

  private func enter(_ depth: Int, tag: String?, expected: String) throws(FleetError) {
    guard depth <= limits.depth else {
      throw events.error("nested more than \(limits.depth) levels deep", code: .limitExceeded)
    }
    guard let tag, tag != expected else { return }
    throw events.error("the tag \(tag) is not supported")
  }
}

extension YAMLComposer {
  private mutating func entries(depth: Int) throws(FleetError) -> [Builder.Entry] {
    var entries: [Builder.Entry] = []
    var known = KeyIndex()
    var merge: (element: Builder.Element, at: TextPosition)?
    let firstKey = keyPositions.count
    defer { keyPositions.removeSubrange(firstKey...) }
    while true {
      let type = try events.next()
      if type == YAML_MAPPING_END_EVENT { break }
      let position = events.position
      if isMergeKey(type) {
        if let merge { throw duplicate("<<", at: position, firstAt: merge.at) }
        merge = (try node(try events.next(), depth: depth), position)
        continue
      }
      let textBefore = lastText
      let (key, keyElement) = try key(type)
      let keyEnd = events.end
      let first = known.record(key, count: entries.count, keyAt: { Builder.key(of: entries[$0]) })
      if let first, dialect != .settings { throw duplicate(key, at: position, firstAt: keyPositions[firstKey + first]) }
      let valueType = try events.next()
      let isFlow = events.beginsFlow
      var entry = Builder.entry(key, keyElement, at: position, try node(valueType, depth: depth))
      if let comments, let isFlow {
        let end = isFlow ? events.end : keyEnd
        let remark = comments.object(endOf: end.line, from: end.column, orAbove: position.line, after: textBefore)
        if let remark { Builder.note(remark, on: &entry) }
      }
      if let first {
        entries[first] = entry
      } else {
        keyPositions.append(position)
        entries.append(entry)
      }
    }
    if let merge { try append(merge.element, at: merge.at, to: &entries, known: &known) }
    return entries
  }

  private func duplicate(_ key: String, at position: TextPosition, firstAt first: TextPosition) -> FleetError {
    events.error("the key \"\(key)\" stands twice in one map, first in line \(first.line)", at: position)
  }

  private func isMergeKey(_ type: yaml_event_type_t) -> Bool {
    guard type == YAML_SCALAR_EVENT else { return false }
    guard events.withScalarBytes({ $0.elementsEqual("<<".utf8) }) else { return false }
    let scalar = events.scalar
    return scalar.tag.map { $0 == YAMLScalar.Tag.merge } ?? scalar.isPlain
  }

  private mutating func key(_ type: yaml_event_type_t) throws(FleetError) -> (String, Builder.Element) {
    let element: Builder.Element
    switch type {
    case YAML_SCALAR_EVENT: element = try scalar()
    case YAML_ALIAS_EVENT: element = try alias()
    default: throw events.error("a key that is a list or map")
    }
    guard let value = Builder.scalarValue(of: element) else { throw events.error("a key that is a list or map") }
    guard let key = value.string ?? Builder.keyText(of: element) ?? YAMLScalar.key(value, dialect) else {
      throw events.error(
        "a key that is no text but of kind \(value.kindName)", nextStep: "write the key in quotes")
    }
    return (key, element)
  }

  /// Adds the keys of the maps that `<<` names, unless they are there already; among several maps the first one wins.
  private func append(
    _ source: Builder.Element, at position: TextPosition, to entries: inout [Builder.Entry], known: inout KeyIndex
  ) throws(FleetError) {
    for element in Builder.elements(of: source) ?? [source] {
      guard let merged = Builder.entries(of: element) else {
        throw events.error("<< takes a map or a list of maps", at: position)
      }
      for entry in merged {
        let key = Builder.key(of: entry)
        let isKnown = known.record(key, count: entries.count) { [entries] in Builder.key(of: entries[$0]) } != nil
        if !isKnown { entries.append(entry) }
      }
    }
  }
}
