import Manifests

/// A path of replacements and vars: `spec.containers.[name=web].image`, `data.key`, `metadata.annotations.[a.b/c]`.
struct FieldPathQuery {
  let parts: [String]

  init(parts: [String]) { self.parts = parts }

  init(_ path: String) { self.init(parts: FieldPathQuery.split(path)) }

  /// The parts of a path. What stands in brackets is one part; the brackets stay only around `key=value`.
  static func split(_ path: String) -> [String] {
    var result: [String] = []
    var rest = FieldSpec.split(path, by: ".")[...]
    while let part = rest.popFirst() {
      guard part.hasPrefix("["), !part.hasSuffix("]") else {
        result.append(part)
        continue
      }
      var bracketed = [part]
      while let next = rest.popFirst() {
        bracketed.append(next)
        if next.hasSuffix("]") { break }
      }
      let joined = bracketed.joined(separator: ".")
      result.append(joined.contains("=") ? joined : joined.trimmingBrackets)
    }
    return result
  }

  /// The value that the path leads to; nil when any of its parts is missing.
  func value(in tree: YAMLTree) throws(FleetError) -> YAMLTree? {
    var value = tree
    for part in parts.map(\.trimmingSpace) where !part.isEmpty {
      guard let next = try FieldPathQuery.step(part, in: value) else { return nil }
      value = next
    }
    return value
  }

  private static func step(_ part: String, in value: YAMLTree) throws(FleetError) -> YAMLTree? {
    if let index = Int(part) {
      guard index >= 0 else { throw FleetError(.renderingFailed, "the index \(index) is negative") }
      let elements = try list(value)
      return elements.indices.contains(index) ? elements[index] : nil
    }
    if part == "-" { return try list(value).last }
    if part == "*" { throw FleetError(.renderingFailed, "* has no meaning in a path to one value") }
    if part.hasPrefix("["), part.hasSuffix("]") {
      let (key, text) = try condition(part)
      return try list(value).first { element in
        key.isEmpty ? element.text.hasSameBytes(as: text) : element[key]?.text.hasSameBytes(as: text) ?? false
      }
    }
    if value.isNull { return nil }
    guard value.isMapping else { throw mismatch(value, "a map", part) }
    return value[part]
  }

  private static func list(_ value: YAMLTree) throws(FleetError) -> [YAMLTree] {
    if value.isNull { return [] }
    guard let elements = value.elements else { throw mismatch(value, "a list", "") }
    return elements
  }

  static func mismatch(_ value: YAMLTree, _ wanted: String, _ part: String) -> FleetError {
    FleetError(
      .renderingFailed, "\(value.kindName) where \(wanted) should stand" + (part.isEmpty ? "" : " with \(part)"))
  }

  /// Key and value of `[key=value]`.
  static func condition(_ part: String) throws(FleetError) -> (key: String, value: String) {
    let inside = part.dropFirst().dropLast()
    guard let equals = inside.firstIndex(of: "=") else {
      throw FleetError(.renderingFailed, "\(part) is not [key=value]")
    }
    return (String(inside[..<equals]), String(inside[inside.index(after: equals)...]))
  }
}

extension String {
  fileprivate var trimmingBrackets: String {
    let isBracket: (Character) -> Bool = { $0 == "[" || $0 == "]" }
    let start = drop(while: isBracket)
    guard let last = start.lastIndex(where: { !isBracket($0) }) else { return "" }
    return String(start[...last])
  }
}
