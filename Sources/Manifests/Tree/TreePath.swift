/// A path inside a tree: components without `.`, `..` or empty ones. The root has no components.
///
/// Compared by bytes. The text form has no leading or trailing slash.
public struct TreePath: Sendable {
  public let components: [String]

  /// The tree's root.
  public static let root = TreePath(components: [])

  private init(components: [String]) { self.components = components }

  /// The path that this text names from the root, or nil when it is absolute, has a NUL, or climbs out of the tree.
  public init?(_ text: String) {
    guard let path = TreePath.root.resolving(text) else { return nil }
    self = path
  }

  /// The path that a relative text names from here, with `.` and `..` resolved; nil when it is absolute, has a NUL, or
  /// climbs out of the tree.
  public func resolving(_ text: String) -> TreePath? {
    guard !text.hasPrefix("/"), !text.utf8.contains(0) else { return nil }
    var result = components
    for part in text.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
      if part == ".." {
        guard result.popLast() != nil else { return nil }
      } else {
        result.append(String(part))
      }
    }
    return TreePath(components: result)
  }

  /// The entry of this name in this directory; nil for a name that is none.
  public func appending(_ name: String) -> TreePath? {
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0), !name.utf8.contains(UInt8(ascii: "/"))
    else {
      return nil
    }
    // Walks make tens of thousands of paths: one array for each, no more.
    var longer: [String] = []
    longer.reserveCapacity(components.count + 1)
    longer.append(contentsOf: components)
    longer.append(name)
    return TreePath(components: longer)
  }

  /// The last component, or an empty text for the root.
  public var name: String { components.last ?? "" }

  public var isRoot: Bool { components.isEmpty }

  /// The directory this path lies in; nil for the root.
  public var parent: TreePath? {
    isRoot ? nil : TreePath(components: Array(components.dropLast()))
  }

  /// Whether this path is the other one or lies below it.
  public func isWithin(_ directory: TreePath) -> Bool {
    components.count >= directory.components.count
      && zip(components, directory.components).allSatisfy { $0.hasSameBytes(as: $1) }
  }
}

extension TreePath: CustomStringConvertible {
  /// The path from the root with slashes; `.` for the root.
  public var description: String { isRoot ? "." : components.joined(separator: "/") }
}

extension TreePath: Hashable, Comparable {
  public static func == (left: TreePath, right: TreePath) -> Bool {
    left.components.count == right.components.count && left.isWithin(right)
  }

  public func hash(into hasher: inout Hasher) {
    for component in components { component.hashBytes(into: &hasher) }
  }

  public static func < (left: TreePath, right: TreePath) -> Bool {
    left.components.lexicographicallyPrecedes(right.components) { $0.precedesInBytes($1) }
  }
}
