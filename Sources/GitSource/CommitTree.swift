internal import CLibGit2
public import Manifests

/// The files at a commit, read from the object database without a checkout.
///
/// May be asked from several tasks at once, also while a fetch goes on. Submodules are listed as entries, but nothing in
/// them can be read; a pointer of Git LFS in place of a file is refused.
public struct CommitTree: ManifestTree {
  /// The commit whose files these are.
  public let commit: CommitID
  let root: git_oid
  let pool: RepositoryPool
  let cache: ListingCache

  public var label: String { "commit \(commit.short)" }

  public var namesDirectoryContent: Bool { true }

  public func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    guard let parent = path.parent else {
      return TreeEntry(name: "", kind: .directory, contentID: ContentID(bytes: root.bytes))
    }
    return try listing(of: parent)?.entry(named: path.name)
  }

  public func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    guard let listing = try listing(of: directory) else {
      let entry = try entry(at: directory)
      if entry?.kind == .submodule { throw submodule(directory) }
      let what = entry == nil ? "there is no such directory" : "this is no directory"
      throw FleetError(.gitPath, what, at: address(directory))
    }
    guard let name = listing.unusableNames.first else { return listing.entries }
    throw FleetError(
      .gitFileName, "a file in \(directory) has the name \"\(name)\", which is not UTF-8 or has a slash",
      at: address(directory), nextStep: "rename the file")
  }

  public func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    guard let entry = try entry(at: file) else {
      throw FleetError(.gitPath, "there is no such file", at: address(file))
    }
    switch entry.kind {
    case .directory: throw FleetError(.gitPath, "this is a directory", at: address(file))
    case .submodule: throw submodule(file)
    case .file, .symbolicLink: break
    }
    guard let bytes = try blob(entry.contentID, at: file) else {
      throw FleetError(
        .gitTooLarge, "the file is larger than \(TreeLimits.fileBytes) bytes", at: address(file))
    }
    if entry.kind == .file, LFSPointer.isOne(bytes) { throw LFSPointer.refusal(at: address(file)) }
    return bytes
  }

  private func blob(_ id: ContentID, at file: TreePath) throws(FleetError) -> [UInt8]? {
    guard let oid = git_oid(id.bytes) else { return nil }
    do {
      return try pool.withHandle { handle throws(FleetError) in
        try handle.object(oid, atMost: TreeLimits.fileBytes)
      }
    } catch {
      throw error.within(address(file))
    }
  }

  /// The listing of a directory; nil when there is no directory at the path.
  private func listing(of directory: TreePath) throws(FleetError) -> TreeListing? {
    var id = ContentID(bytes: root.bytes)
    var path = TreePath.root
    for name in directory.components {
      guard let entry = try listing(id, at: path).entry(named: name), let next = path.appending(name) else {
        return nil
      }
      path = next
      // An answer of "nothing there" would be wrong for what lies in a submodule: nobody looked.
      if entry.kind == .submodule, path != directory { throw submodule(path) }
      guard entry.kind == .directory else { return nil }
      id = entry.contentID
    }
    return try listing(id, at: path)
  }

  private func listing(_ id: ContentID, at path: TreePath) throws(FleetError) -> TreeListing {
    if let known = cache[id] { return known }
    do {
      let listing = try pool.withHandle { handle throws(FleetError) -> TreeListing in
        guard let oid = git_oid(id.bytes) else { throw FleetError(.gitRepositoryCorrupt, "a tree has no valid id") }
        return try TreeListing(handle.rawTree(oid))
      }
      cache.insert(listing, as: id)
      return listing
    } catch {
      throw error.within(address(path))
    }
  }

  private func submodule(_ path: TreePath) -> FleetError {
    FleetError(
      .gitSubmodule, "\(path) is a submodule, and submodules are not read", at: address(path),
      nextStep: "copy what is needed into this repository")
  }

  private func address(_ path: TreePath) -> FleetError.Address { .init(file: "\(path)") }
}

/// The small text that Git LFS leaves in place of a file.
private enum LFSPointer {
  private static let start = Array("version https://git-lfs.github.com/spec/".utf8)
  /// The specification's bound on a pointer.
  private static let limit = 1024

  static func isOne(_ bytes: [UInt8]) -> Bool { bytes.count < limit && bytes.starts(with: start) }

  static func refusal(at address: FleetError.Address) -> FleetError {
    FleetError(
      .gitLFSPointer, "the file is kept in Git LFS, which is not read", at: address,
      nextStep: "keep it in Git itself (git lfs migrate export)")
  }
}
