internal import Digests
internal import FleetModel
internal import Manifests

// How the engine's values are written and read. Every form is canonical JSON: instants and spans are whole milliseconds,
// digests hexadecimal texts, clusters their uids.

/// A value that has a form of its own.
protocol Formed {
  var form: Value { get }
  init(form: Field) throws(FleetError)
}

extension Timestamp: Formed {
  var form: Value { .integer(milliseconds) }
  init(form: Field) throws(FleetError) { self.init(milliseconds: try form.integer()) }
}

extension Duration: Formed {
  var form: Value { .integer(inMilliseconds) }
  init(form: Field) throws(FleetError) { self = .milliseconds(try form.integer()) }
}

extension AppDigest: Formed {
  var form: Value { .string(description) }
  init(form: Field) throws(FleetError) { self.init(try form.digest()) }
}

extension ReleaseDigest: Formed {
  var form: Value { .string(description) }
  init(form: Field) throws(FleetError) { self.init(try form.digest()) }
}

extension ClusterUID: Formed {
  var form: Value { .string(rawValue) }
  init(form: Field) throws(FleetError) { self = try form.text("a cluster uid", ClusterUID.init) }
}

extension String: Formed {
  var form: Value { .string(self) }
  init(form: Field) throws(FleetError) { self = try form.string() }
}

extension ClusterState: Formed {
  var form: Value { .string(description) }
  init(form: Field) throws(FleetError) { self = try form.text("a cluster's state", ClusterState.init) }
}

extension StageState: Formed {
  var form: Value { .string(description) }
  init(form: Field) throws(FleetError) { self = try form.text("a stage's state", StageState.init) }
}

extension Width: Formed {
  var form: Value {
    switch self {
    case .count(let count): .integer(Int64(count))
    case .percent(let percent): .string("\(percent)%")
    }
  }

  init(form: Field) throws(FleetError) {
    if form.value.integer != nil {
      self = .count(try form.int())
    } else {
      self = .percent(try form.text("a number or a share") { $0.hasSuffix("%") ? Int($0.dropLast()) : nil })
    }
  }
}

// MARK: Collections

extension Value {
  static func list(_ elements: some Sequence<some Formed>) -> Value { .array(elements.map(\.form)) }

  static func count(_ number: Int) -> Value { .integer(Int64(number)) }

  static func optional(_ value: (some Formed)?) -> Value { value.map(\.form) ?? .null }

  static func choice(_ value: some RawRepresentable<String>) -> Value { .string(value.rawValue) }

  /// A map with texts for keys, without looking any of them up.
  static func map<Content>(_ entries: some Sequence<(key: String, value: Content)>, _ form: (Content) -> Value) -> Value
  {
    .object(Object(uniqueEntries: entries.map { (key: $0.key, value: form($0.value)) }))
  }

  static func byCluster<Content>(_ map: [ClusterUID: Content], _ form: (Content) -> Value) -> Value {
    .map(map.map { (key: $0.key.rawValue, value: $0.value) }, form)
  }

  static func byName<Content>(_ map: [String: Content], _ form: (Content) -> Value) -> Value {
    .map(map.map { (key: $0.key, value: $0.value) }, form)
  }
}

extension Field {
  func list<Element: Formed>(_: Element.Type = Element.self) throws(FleetError) -> [Element] {
    try array { field throws(FleetError) in try Element(form: field) }
  }

  func byCluster<Content>(
    _ read: (Field) throws(FleetError) -> Content
  ) throws(FleetError) -> [ClusterUID: Content] {
    var map: [ClusterUID: Content] = [:]
    for entry in try entries() {
      guard let cluster = ClusterUID(entry.key) else {
        throw FleetError(.invalidField, "not a cluster uid", at: entry.keyAddress)
      }
      map[cluster] = try read(entry.field)
    }
    return map
  }

  func byName<Content>(_ read: (Field) throws(FleetError) -> Content) throws(FleetError) -> [String: Content] {
    var map: [String: Content] = [:]
    for entry in try entries() { map[entry.key] = try read(entry.field) }
    return map
  }
}

extension Fields {
  mutating func value<Content: Formed>(_ name: String, _: Content.Type = Content.self) throws(FleetError) -> Content {
    try Content(form: try required(name))
  }

  mutating func optionalValue<Content: Formed>(
    _ name: String, _: Content.Type = Content.self
  ) throws(FleetError) -> Content? {
    guard let field = try optional(name) else { return nil }
    return try Content(form: field)
  }

  mutating func text(_ name: String) throws(FleetError) -> String { try required(name).string() }

  mutating func flag(_ name: String) throws(FleetError) -> Bool { try required(name).bool() }

  mutating func number(_ name: String) throws(FleetError) -> Int { try required(name).int(in: 0...Int.max) }

  /// Numbers by cluster; none where they are not given, as before there were any.
  mutating func counts(_ name: String) throws(FleetError) -> [ClusterUID: Int] {
    try optional(name)?.byCluster { field throws(FleetError) in try field.int(in: 0...Int.max) } ?? [:]
  }

  mutating func list<Element: Formed>(
    _ name: String, _: Element.Type = Element.self
  ) throws(FleetError) -> [Element] {
    try required(name).list()
  }

  /// Elements; none where they are not given, as before there were any.
  mutating func listIfAny<Element: Formed>(
    _ name: String, _: Element.Type = Element.self
  ) throws(FleetError) -> [Element] {
    try optional(name)?.list() ?? []
  }
}
