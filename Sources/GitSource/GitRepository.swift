internal import CLibGit2
public import Manifests

/// A repository on this machine's disk, read only: commits and their files.
///
/// May be asked from several tasks at once. Reads are answered from the object database on the caller's thread, in
/// microseconds to a few milliseconds.
public final class GitRepository: Sendable {
  let pool: RepositoryPool
  let cache = ListingCache()

  /// Opens the repository at a path: a working copy's folder, its `.git`, or a bare one.
  public convenience init(path: String) throws(FleetError) {
    try LibGit2.start()
    self.init(pool: RepositoryPool(path: path))
    do {
      try pool.withHandle { _ throws(FleetError) in }
    } catch {
      throw FleetError(
        .gitRepositoryMissing, "there is no Git repository", at: .init(file: path), cause: error.cause)
    }
  }

  init(pool: RepositoryPool) { self.pool = pool }

  /// The commit that a revision names: a branch, a tag, a full reference, an id or part of one, `HEAD~2`.
  public func resolve(_ revision: String) throws(FleetError) -> CommitID {
    try pool.withHandle { handle throws(FleetError) in
      var code: Int32 = 0
      guard
        let object = Owned(
          { git_object_free($0) }, code: &code, make: { git_revparse_single(&$0, handle.repository.pointer, revision) }),
        let commit = Owned(
          { git_object_free($0) }, code: &code, make: { git_object_peel(&$0, object.pointer, GIT_OBJECT_COMMIT) }),
        let id = git_object_id(commit.pointer)
      else {
        throw FleetError(.gitReferenceMissing, "no commit is named \(revision)", cause: GitFailure.last(code).message)
      }
      return CommitID(id.pointee)
    }
  }

  /// What is known of a commit.
  public func commit(_ id: CommitID) throws(FleetError) -> GitCommit {
    try pool.withHandle { handle throws(FleetError) in
      guard let commit = try handle.gitCommit(id) else { throw Self.missing(id) }
      return commit
    }
  }

  /// The files at a commit.
  public func tree(at id: CommitID) throws(FleetError) -> CommitTree {
    let root = try pool.withHandle { handle throws(FleetError) -> git_oid in
      guard let commit = try handle.commit(id) else { throw Self.missing(id) }
      return try handle.root(of: commit)
    }
    return CommitTree(commit: id, root: root, pool: pool, cache: cache)
  }

  /// Whether a commit is another one or comes before it. False for one that the repository does not have.
  public func includes(_ earlier: CommitID, in later: CommitID) throws(FleetError) -> Bool {
    try pool.withHandle { handle throws(FleetError) in try !handle.isRewrite(from: earlier, to: later) }
  }

  private static func missing(_ id: CommitID) -> FleetError {
    FleetError(.gitCommitMissing, "commit \(id) is not in the repository")
  }
}
