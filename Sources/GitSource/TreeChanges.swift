internal import CLibGit2
public import Manifests

/// What differs between the files of two commits.
public struct TreeChanges: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case added
    case removed
    /// Another content, or another kind of entry.
    case modified
  }

  public struct Change: Hashable, Sendable {
    public let path: TreePath
    public let kind: Kind
  }

  /// Every file, link and submodule that differs, in Git's order; a renamed file is one removed and one added.
  public internal(set) var changes: [Change] = []
  /// Changed files with names that no path can have, printable.
  public internal(set) var unusableNames: [String] = []
}

extension GitRepository {
  /// What changed from one commit's files to another's.
  public func changes(from old: CommitID, to new: CommitID) throws(FleetError) -> TreeChanges {
    let (oldRoot, newRoot) = (try tree(at: old).root, try tree(at: new).root)
    return try pool.withHandle { handle throws(FleetError) in
      var comparison = TreeComparison()
      try comparison.compare(oldRoot, newRoot, at: .root, in: handle)
      return comparison.result
    }
  }
}

/// Walks two trees side by side and never enters a directory that is the same in both.
private struct TreeComparison {
  var result = TreeChanges()

  mutating func compare(
    _ old: git_oid?, _ new: git_oid?, at directory: TreePath, in handle: borrowing RepositoryHandle
  ) throws(FleetError) {
    try TreeBounds.check(entries: result.changes.count, at: directory)
    let oldTree = try handle.rawTree(old)
    let newTree = try handle.rawTree(new)
    var (oldIndex, newIndex) = (0, 0)
    while true {
      let before = try oldTree.entry(oldIndex)
      let after = try newTree.entry(newIndex)
      let order: Int32
      switch (before, after) {
      case (nil, nil): return
      case (.some, nil): order = -1
      case (nil, .some): order = 1
      case (.some(let before), .some(let after)): order = before.order(after)
      }
      if order <= 0 { oldIndex += 1 }
      if order >= 0 { newIndex += 1 }
      try note(order <= 0 ? before : nil, order >= 0 ? after : nil, at: directory, in: handle)
    }
  }

  private mutating func note(
    _ before: RawTree.Entry?, _ after: RawTree.Entry?, at directory: TreePath, in handle: borrowing RepositoryHandle
  ) throws(FleetError) {
    guard let entry = after ?? before else { return }
    if let before, let after, before.id.isSame(as: after.id), before.mode == after.mode { return }
    guard let name = entry.text, let path = directory.appending(name) else {
      result.unusableNames.append(directory.isRoot ? entry.escapedName : "\(directory)/\(entry.escapedName)")
      return
    }
    if entry.isTree {
      return try compare(before?.id, after?.id, at: path, in: handle)
    }
    let kind: TreeChanges.Kind = before == nil ? .added : after == nil ? .removed : .modified
    result.changes.append(.init(path: path, kind: kind))
  }
}
