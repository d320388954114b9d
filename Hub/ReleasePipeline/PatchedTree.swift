import Digests
import Manifests

/// A tree in which some files have other content.
struct PatchedTree: ManifestTree {
  let base: any ManifestTree
  /// Only files that the base has under the same path.
  let replacements: [TreePath: [UInt8]]

  var label: String { base.label }

  func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    guard let entry = try base.entry(at: path) else { return nil }
    return patched(entry, at: path)
  }

  func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    try base.list(directory).map { entry in
      directory.appending(entry.name).map { patched(entry, at: $0) } ?? entry
    }
  }

  func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    if let replacement = replacements[file] { return replacement }
    return try base.read(file)
  }

  private func patched(_ entry: TreeEntry, at path: TreePath) -> TreeEntry {
    guard let replacement = replacements[path] else { return entry }
    return TreeEntry(name: entry.name, kind: entry.kind, contentID: ContentID(bytes: Digest(of: replacement).bytes))
  }
}
