import Digests
import Glibc
import Manifests

/// A tree of files in memory, given as texts by path, or read from a folder.
struct SourceTree: ManifestTree {
  enum Node: Sendable {
    case file([UInt8])
    case link(String)
    case submodule
  }

  let label = "test"
  private(set) var nodes: [TreePath: Node] = [:]
  private var directories: [TreePath: Set<String>] = [.root: []]

  init() {}

  init(_ files: [String: String]) {
    for (path, text) in files { self[path] = text }
  }

  /// The text of a file; setting nil removes it.
  subscript(path: String) -> String? {
    get {
      guard let path = TreePath(path), case .file(let bytes)? = nodes[path] else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
    set { set(path, newValue.map { .file(Array($0.utf8)) }) }
  }

  mutating func set(_ text: String, _ node: Node?) {
    guard let path = TreePath(text) else { preconditionFailure("not a path: \(text)") }
    nodes[path] = node
    directories = [.root: []]
    for path in nodes.keys { enter(path) }
  }

  private mutating func enter(_ path: TreePath) {
    guard let parent = path.parent else { return }
    directories[parent, default: []].insert(path.name)
    enter(parent)
  }

  func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    if directories[path] != nil {
      return TreeEntry(name: path.name, kind: .directory, contentID: ContentID(bytes: []))
    }
    guard let node = nodes[path] else { return nil }
    switch node {
    case .file(let bytes):
      return TreeEntry(name: path.name, kind: .file, contentID: ContentID(bytes: Digest(of: bytes).bytes))
    case .link(let target):
      return TreeEntry(name: path.name, kind: .symbolicLink, contentID: ContentID(bytes: Digest(of: target).bytes))
    case .submodule: return TreeEntry(name: path.name, kind: .submodule, contentID: ContentID(bytes: [1]))
    }
  }

  func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    guard let names = directories[directory] else {
      throw FleetError(.invalidField, "not a directory", at: .init(file: directory.description))
    }
    var entries: [TreeEntry] = []
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      guard let path = directory.appending(name), let entry = try entry(at: path) else { continue }
      entries.append(entry)
    }
    return entries
  }

  func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    switch nodes[file] {
    case .file(let bytes)?: return bytes
    case .link(let target)?: return Array(target.utf8)
    default: throw FleetError(.invalidField, "not a file", at: .init(file: file.description))
    }
  }
}

extension SourceTree {
  /// The files of a folder on disk.
  init(folder: String) {
    var found: [TreePath: Node] = [:]
    SourceTree.walk(folder, .root, &found)
    nodes = found
    for path in nodes.keys { enter(path) }
  }

  private static func walk(_ folder: String, _ path: TreePath, _ found: inout [TreePath: Node]) {
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let child = path.appending(name) else { continue }
      let place = "\(folder)/\(name)"
      if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
        walk(place, child, &found)
      } else if Int32(entry.pointee.d_type) == Int32(DT_LNK) {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(place, &target, target.count)
        if count > 0 { found[child] = .link(String(decoding: target[..<count], as: UTF8.self)) }
      } else if let bytes = contents(of: place) {
        found[child] = .file(bytes)
      }
    }
  }

  /// The bytes of a file on disk, or nil when there is none.
  static func contents(of place: String) -> [UInt8]? {
    guard let file = fopen(place, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer[0..<count]
    }
  }
}
