import Foundation
public import Manifests

/// A tree of files in memory: given as texts by path, or read from a folder on disk.
public struct MemoryTree: ManifestTree {
  public enum Node: Hashable, Sendable {
    case file([UInt8])
    case link(String)
    case submodule
    /// An entry that cannot be read, as when the disk fails.
    case unreadable
  }

  public let label = "memory"
  private var nodes: [TreePath: Node] = [:]
  /// The names in each directory.
  private var directories: [TreePath: Set<ByteText>] = [.root: []]

  public init(_ files: [String: String]) {
    for (path, text) in files { self[path] = .file(Array(text.utf8)) }
  }

  /// The files and links below a folder on disk.
  public init(folder: String) throws { try add(folder, at: .root) }

  /// What stands at a path; setting nil takes it away, and its directory with it when that is empty then.
  public subscript(text: String) -> Node? {
    get { TreePath(text).flatMap { nodes[$0] } }
    set {
      guard let path = TreePath(text) else { preconditionFailure("no path: \(text)") }
      nodes[path] = newValue
      guard newValue == nil else { return enter(path) }
      directories = [.root: []]
      for path in nodes.keys { enter(path) }
    }
  }

  /// The paths of all files.
  public var files: [String] {
    nodes.compactMap { if case .file = $0.value { $0.key.description } else { nil } }.sorted()
  }

  private mutating func enter(_ path: TreePath) {
    guard let parent = path.parent else { return }
    directories[parent, default: []].insert(ByteText(path.name))
    enter(parent)
  }

  public func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    if directories[path] != nil {
      return TreeEntry(name: path.name, kind: .directory, contentID: ContentID(bytes: []))
    }
    switch nodes[path] {
    case .file(let bytes)?: return TreeEntry(name: path.name, kind: .file, contentID: ContentID(bytes: bytes))
    case .unreadable?: return TreeEntry(name: path.name, kind: .file, contentID: ContentID(bytes: []))
    case .link(let target)?:
      return TreeEntry(name: path.name, kind: .symbolicLink, contentID: ContentID(bytes: Array(target.utf8)))
    case .submodule?: return TreeEntry(name: path.name, kind: .submodule, contentID: ContentID(bytes: []))
    case nil: return nil
    }
  }

  public func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    guard let names = directories[directory] else {
      throw FleetError(.memoryTree, "no directory", at: FleetError.Address(file: directory.description))
    }
    var entries: [TreeEntry] = []
    for name in names.sorted() {
      if let path = directory.appending(name.text), let entry = try entry(at: path) { entries.append(entry) }
    }
    return entries
  }

  public func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    switch nodes[file] {
    case .file(let bytes)?: return bytes
    case .link(let target)?: return Array(target.utf8)
    default: throw FleetError(.memoryTree, "cannot be read", at: FleetError.Address(file: file.description))
    }
  }
}

extension MemoryTree {
  private mutating func add(_ folder: String, at path: TreePath) throws {
    let manager = FileManager.default
    for name in try manager.contentsOfDirectory(atPath: folder) {
      guard let inside = path.appending(name) else { continue }
      let outside = "\(folder)/\(name)"
      switch try manager.attributesOfItem(atPath: outside)[.type] as? FileAttributeType {
      case .typeDirectory: try add(outside, at: inside)
      case .typeSymbolicLink:
        self[inside.description] = .link(try manager.destinationOfSymbolicLink(atPath: outside))
      default: self[inside.description] = .file([UInt8](try Data(contentsOf: URL(filePath: outside))))
      }
    }
  }
}

extension FleetError.Code {
  /// A tree of a test has no such entry, or refuses it as it was told to.
  public static let memoryTree = FleetError.Code("memory-tree")
}
