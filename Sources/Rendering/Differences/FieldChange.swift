public import Manifests

/// One place inside an object that differs.
public struct FieldChange: Hashable, Sendable {
  /// RFC 6901; elements of lists that have names go by them, as `/spec/containers/[web]/image`.
  public let path: String
  /// nil where there was nothing.
  public let before: Value?
  /// nil where there is nothing any more.
  public let after: Value?

  /// The innermost places that differ.
  static func between(_ before: Value?, _ after: Value?) -> [FieldChange] {
    var changes: [FieldChange] = []
    collect(before, after, "", &changes)
    return changes
  }

  private static func collect(
    _ before: Value?, _ after: Value?, _ path: String, _ changes: inout [FieldChange]
  ) {
    guard before != after else { return }
    switch (before, after) {
    case (.object(let old)?, .object(let new)?):
      collect(old.entries, new.entries, path, &changes) { escaped($0) }
    case (.array(let old)?, .array(let new)?):
      if let oldNames = named(old), let newNames = named(new) {
        let count = changes.count
        collect(oldNames, newNames, path, &changes) { "[\(escaped($0))]" }
        // Where only the order changed no element differs by itself.
        if changes.count == count {
          changes.append(FieldChange(path: path, before: order(oldNames), after: order(newNames)))
        }
      } else if old.count == new.count {
        for (index, pair) in zip(old, new).enumerated() { collect(pair.0, pair.1, "\(path)/\(index)", &changes) }
      } else {
        changes.append(FieldChange(path: path, before: before, after: after))
      }
    default: changes.append(FieldChange(path: path, before: before, after: after))
    }
  }

  private static func collect(
    _ old: [Object.Entry], _ new: [Object.Entry], _ path: String, _ changes: inout [FieldChange],
    _ step: (String) -> String
  ) {
    var rest: [[UInt8]: Value] = [:]
    for entry in old { rest[Array(entry.key.utf8)] = entry.value }
    for entry in new {
      collect(rest.removeValue(forKey: Array(entry.key.utf8)), entry.value, "\(path)/\(step(entry.key))", &changes)
    }
    for entry in old where rest[Array(entry.key.utf8)] != nil {
      collect(entry.value, nil, "\(path)/\(step(entry.key))", &changes)
    }
  }

  /// The elements of a list by their names, if all have one and no two the same.
  private static func named(_ list: [Value]) -> [Object.Entry]? {
    var entries: [Object.Entry] = []
    var seen: Set<[UInt8]> = []
    for element in list {
      guard let name = element["name"]?.string, seen.insert(Array(name.utf8)).inserted else { return nil }
      entries.append((name, element))
    }
    return entries.isEmpty ? nil : entries
  }

  private static func order(_ entries: [Object.Entry]) -> Value { .array(entries.map { .string($0.key) }) }

  private static func escaped(_ key: String) -> String {
    guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
    return key.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
  }
}
