internal import CLibGit2
internal import Glibc
internal import Manifests

/// A tree object as libgit2 has it, without a copy.
struct RawTree: ~Copyable {
  /// One entry. `name` and `id` are the tree's own memory: an entry must not outlive its tree.
  struct Entry {
    let name: UnsafePointer<CChar>
    let id: git_oid
    let mode: git_filemode_t

    var isTree: Bool { mode == GIT_FILEMODE_TREE }

    var kind: TreeEntry.Kind {
      switch mode {
      case GIT_FILEMODE_TREE: .directory
      case GIT_FILEMODE_LINK: .symbolicLink
      case GIT_FILEMODE_COMMIT: .submodule
      default: .file
      }
    }

    /// The name as a path can have it, or nil.
    var text: String? {
      guard let text = String(validatingCString: name), TreePath.root.appending(text) != nil else { return nil }
      return text
    }

    /// The path of this entry of a directory; nil for a name that no path can have.
    func path(in directory: TreePath) -> TreePath? {
      String(validatingCString: name).flatMap { directory.appending($0) }
    }

    /// The name for an error: bytes that are not printable ASCII as `\xNN`.
    var escapedName: String {
      CStringBytes(name).map(Self.escaped).joined()
    }

    private static func escaped(_ byte: UInt8) -> String {
      (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + Hex.encode([byte])
    }
  }

  private let tree: Owned?
  let count: Int

  init(_ tree: consuming Owned) {
    count = git_tree_entrycount(tree.pointer)
    self.tree = consume tree
  }

  private init() {
    tree = nil
    count = 0
  }

  /// A tree with nothing in it, for a directory that one of two commits does not have.
  static var empty: RawTree { RawTree() }

  /// The entry at an index, in Git's order: by the bytes of the names, directories as if they ended in a slash; nil
  /// behind the last.
  func entry(_ index: Int) throws(FleetError) -> Entry? {
    guard index < count else { return nil }
    switch tree {
    case .none: return nil
    case .some(let tree):
      guard let entry = git_tree_entry_byindex(tree.pointer, index), let name = git_tree_entry_name(entry),
        let id = git_tree_entry_id(entry)
      else { throw FleetError(.gitRepositoryCorrupt, "a tree has an entry that cannot be read") }
      return Entry(name: name, id: id.pointee, mode: git_tree_entry_filemode(entry))
    }
  }
}

extension RawTree.Entry {
  /// Git's order of entries: below zero when this one comes first, zero when both have the same name and both are
  /// directories or neither is.
  func order(_ other: RawTree.Entry) -> Int32 {
    let (count, otherCount) = (strlen(name), strlen(other.name))
    let common = min(count, otherCount)
    let order = memcmp(name, other.name, common)
    if order != 0 { return order }
    return byte(at: common, of: count) - other.byte(at: common, of: otherCount)
  }

  private func byte(at index: Int, of count: Int) -> Int32 {
    if index < count { return Int32(UInt8(bitPattern: name[index])) }
    return isTree ? Int32(UInt8(ascii: "/")) : 0
  }
}

extension RepositoryHandle {
  func rawTree(_ id: git_oid) throws(FleetError) -> RawTree { RawTree(try tree(id)) }

  /// The tree, or an empty one for none.
  func rawTree(_ id: git_oid?) throws(FleetError) -> RawTree {
    guard let id else { return .empty }
    return try rawTree(id)
  }
}

/// The bytes of a C string up to its end.
private struct CStringBytes: Sequence, IteratorProtocol {
  private var rest: UnsafePointer<CChar>

  init(_ start: UnsafePointer<CChar>) { rest = start }

  mutating func next() -> UInt8? {
    guard rest.pointee != 0 else { return nil }
    defer { rest += 1 }
    return UInt8(bitPattern: rest.pointee)
  }
}
