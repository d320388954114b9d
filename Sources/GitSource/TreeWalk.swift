internal import CLibGit2
public import Manifests

/// A file, symbolic link or submodule of a tree, with its path.
public struct TreeFile: Hashable, Sendable {
  public let path: TreePath
  public let kind: TreeEntry.Kind
  public let contentID: ContentID
}

extension CommitTree {
  /// Everything below a directory that is no directory itself, in the order of `git ls-tree -r`.
  ///
  /// Throws when a name is not UTF-8, and when there are more than two million entries.
  public func walk(_ directory: TreePath = .root) throws(FleetError) -> [TreeFile] {
    guard let start = try entry(at: directory), start.kind == .directory, let id = git_oid(start.contentID.bytes) else {
      throw FleetError(.gitPath, "there is no such directory", at: .init(file: "\(directory)"))
    }
    return try pool.withHandle { handle throws(FleetError) in
      var walk = TreeWalk()
      try walk.visit(id, at: directory, in: handle)
      return walk.files
    }
  }
}

/// Collects files, within bounds: a few shared subtrees can stand for more paths than there is memory.
private struct TreeWalk {
  var files: [TreeFile] = []

  mutating func visit(_ id: git_oid, at directory: TreePath, in handle: borrowing RepositoryHandle) throws(FleetError) {
    try TreeBounds.check(entries: files.count, at: directory)
    let tree = try handle.rawTree(id)
    for index in 0..<tree.count {
      guard let entry = try tree.entry(index) else { break }
      guard let path = entry.path(in: directory) else {
        throw FleetError(
          .gitFileName,
          "a file in \(directory) has the name \"\(entry.escapedName)\", which is not UTF-8 or has a slash",
          at: .init(file: "\(directory)"), nextStep: "rename the file")
      }
      if entry.isTree {
        try visit(entry.id, at: path, in: handle)
      } else {
        files.append(TreeFile(path: path, kind: entry.kind, contentID: ContentID(bytes: entry.id.bytes)))
      }
    }
  }
}

enum TreeBounds {
  static func check(entries: Int, at directory: TreePath) throws(FleetError) {
    guard entries <= GitLimits.treeEntries else {
      throw FleetError(
        .gitTooLarge, "the tree has more than \(GitLimits.treeEntries) files", at: .init(file: "\(directory)"))
    }
    guard directory.components.count <= GitLimits.treeDepth else {
      throw FleetError(
        .gitTooLarge, "directories lie more than \(GitLimits.treeDepth) deep", at: .init(file: "\(directory)"))
    }
  }
}
