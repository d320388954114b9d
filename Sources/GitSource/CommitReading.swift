internal import CLibGit2
internal import Manifests

extension RepositoryHandle {
  /// A commit with all that is known of it; nil when it is not here.
  func gitCommit(_ id: CommitID) throws(FleetError) -> GitCommit? {
    guard let commit = try commit(id) else { return nil }
    guard let raw = try object(git_oid(id), atMost: GitLimits.commitBytes) else {
      throw FleetError(.gitTooLarge, "commit \(id.short) is larger than \(GitLimits.commitBytes) bytes")
    }
    return GitCommit(
      id: id, tree: ContentID(bytes: try root(of: commit).bytes), parents: parents(of: commit),
      author: GitCommit.Person(git_commit_author(commit.pointer)),
      committer: GitCommit.Person(git_commit_committer(commit.pointer)),
      summary: text(git_commit_summary(commit.pointer)), message: text(git_commit_message(commit.pointer)), raw: raw,
      signature: try signature(of: id))
  }

  /// The root tree of a commit.
  func root(of commit: borrowing Owned) throws(FleetError) -> git_oid {
    guard let id = git_commit_tree_id(commit.pointer) else {
      throw FleetError(.gitRepositoryCorrupt, "a commit has no tree")
    }
    return id.pointee
  }

  private func parents(of commit: borrowing Owned) -> [CommitID] {
    (0..<git_commit_parentcount(commit.pointer)).compactMap { index in
      git_commit_parent_id(commit.pointer, index).map { CommitID($0.pointee) }
    }
  }

  private func signature(of id: CommitID) throws(FleetError) -> GitCommit.Signature? {
    var oid = git_oid(id)
    var armored = git_buf()
    var payload = git_buf()
    defer {
      git_buf_dispose(&armored)
      git_buf_dispose(&payload)
    }
    let code = git_commit_extract_signature(&armored, &payload, repository.pointer, &oid, nil)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try checkReading(code)
    return GitCommit.Signature(armored: armored.bytes, payload: payload.bytes)
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
}

extension git_buf {
  fileprivate var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: ptr, count: size)) }
}

extension GitCommit.Person {
  fileprivate init(_ signature: UnsafePointer<git_signature>?) {
    // A commit without these lines is no commit to libgit2; what it gives for a malformed one is shown as it is.
    let found = signature?.pointee
    self.init(
      name: found?.name.map { String(cString: $0) } ?? "", email: found?.email.map { String(cString: $0) } ?? "",
      seconds: found?.when.time ?? 0, zone: Int(found?.when.offset ?? 0))
  }
}
