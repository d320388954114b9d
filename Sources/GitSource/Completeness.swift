internal import CLibGit2
internal import Manifests

extension RepositoryHandle {
  /// Throws unless every directory and file of a commit is here, so that no commit comes into force of which half is
  /// missing. What it shares with `known`, a commit that has passed before, is not looked at again.
  func checkComplete(_ commit: CommitID, known: CommitID?) throws(FleetError) {
    var check = CompletenessCheck()
    let old = try known.flatMap { id throws(FleetError) in try rootIfHere(id) }
    guard let new = try rootIfHere(commit) else {
      throw FleetError(.gitRepositoryCorrupt, "commit \(commit.short) did not arrive")
    }
    try check.visit(new, known: old, depth: 0, in: self)
  }

  private func rootIfHere(_ id: CommitID) throws(FleetError) -> git_oid? {
    guard let commit = try commit(id) else { return nil }
    return try root(of: commit)
  }
}

private struct CompletenessCheck {
  // A tree that occurs at a thousand paths is looked at once.
  private var seen: Set<[UInt8]> = []

  mutating func visit(
    _ id: git_oid, known: git_oid?, depth: Int, in handle: borrowing RepositoryHandle
  ) throws(FleetError) {
    if let known, known.isSame(as: id) { return }
    guard seen.insert(id.bytes).inserted else { return }
    guard depth <= GitLimits.treeDepth else {
      throw FleetError(.gitTooLarge, "directories lie more than \(GitLimits.treeDepth) deep")
    }
    let tree = try handle.rawTree(id)
    let old = try handle.rawTree(known)
    var (index, oldIndex) = (0, 0)
    while let entry = try tree.entry(index) {
      index += 1
      let before = try Self.advance(&oldIndex, in: old, to: entry)
      switch entry.kind {
      case .directory: try visit(entry.id, known: before, depth: depth + 1, in: handle)
      case .submodule: break
      case .file, .symbolicLink:
        if let before, before.isSame(as: entry.id) { break }
        guard handle.has(entry.id) else {
          throw FleetError(.gitRepositoryCorrupt, "the content of \(entry.escapedName) did not arrive")
        }
      }
    }
  }

  /// The id of the same name in the known tree, whose entries are in the same order.
  private static func advance(
    _ index: inout Int, in old: borrowing RawTree, to entry: RawTree.Entry
  ) throws(FleetError) -> git_oid? {
    while let candidate = try old.entry(index) {
      let order = candidate.order(entry)
      if order > 0 { return nil }
      index += 1
      if order == 0 { return candidate.id }
    }
    return nil
  }
}
