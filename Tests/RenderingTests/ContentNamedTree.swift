import Digests
import Manifests

/// A tree whose directories have names for their content, as those of Git have.
struct ContentNamedTree: ManifestTree {
  var base: SourceTree

  init(_ base: SourceTree) { self.base = base }

  var label: String { base.label }
  var namesDirectoryContent: Bool { true }

  func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    guard var entry = try base.entry(at: path) else { return nil }
    if entry.kind == .directory { entry.contentID = ContentID(bytes: try digest(of: path).bytes) }
    return entry
  }

  func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    var entries = try base.list(directory)
    for index in entries.indices where entries[index].kind == .directory {
      guard let path = directory.appending(entries[index].name) else { continue }
      entries[index].contentID = ContentID(bytes: try digest(of: path).bytes)
    }
    return entries
  }

  func read(_ file: TreePath) throws(FleetError) -> [UInt8] { try base.read(file) }

  private func digest(of directory: TreePath) throws(FleetError) -> Digest {
    var builder = DigestBuilder()
    for entry in try list(directory) {
      builder.update(Array("\(entry.name)\0\(entry.kind)\0".utf8))
      builder.update(entry.contentID.bytes)
    }
    return builder.finish()
  }
}
