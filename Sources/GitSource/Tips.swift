internal import CLibGit2
internal import Manifests

/// Our own references in a mirror. They keep the commits reachable and tell the server, on the next fetch, what is here.
extension RepositoryHandle {
  /// The commit that a reference of ours names; nil when there is none.
  func tip(_ name: String) throws(FleetError) -> CommitID? {
    var id = git_oid()
    let code = git_reference_name_to_id(&id, repository.pointer, name)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try checkReading(code)
    return CommitID(id)
  }

  /// Makes a reference of ours name a commit, in one rename on disk.
  func setTip(_ name: String, to commit: CommitID) throws(FleetError) {
    var id = git_oid(commit)
    _ = try Owned({ git_reference_free($0) }) {
      git_reference_create(&$0, repository.pointer, name, &id, 1, nil)
    }
  }

  /// Keeps a commit that a force-push took off its branch, and lets go of the oldest beyond the limit.
  func keepRewritten(_ commit: CommitID) throws(FleetError) {
    var kept: [(name: String, time: Int64)] = []
    for name in try references(under: ReferenceNames.rewritten) {
      guard let id = try tip(name), let commit = try self.commit(id) else { continue }
      kept.append((name, git_commit_time(commit.pointer)))
    }
    kept.sort { $0.time < $1.time }
    for oldest in kept.prefix(max(0, kept.count + 1 - GitLimits.rewrittenTips)) {
      try checkReading(git_reference_remove(repository.pointer, oldest.name))
    }
    try setTip(ReferenceNames.rewritten + commit.hex, to: commit)
  }

  /// Whether going from one commit to the other leaves history behind.
  func isRewrite(from old: CommitID, to new: CommitID) throws(FleetError) -> Bool {
    guard old != new else { return false }
    // What a mirror made anew does not have is no ancestor of anything in it.
    guard try commit(old) != nil else { return true }
    var (newID, oldID) = (git_oid(new), git_oid(old))
    let code = git_graph_descendant_of(repository.pointer, &newID, &oldID)
    try checkReading(code)
    return code == 0
  }

  /// All commits that references of ours name.
  func tips() throws(FleetError) -> [CommitID] {
    var tips: [CommitID] = []
    for name in try references(under: ReferenceNames.prefix) {
      if let tip = try tip(name) { tips.append(tip) }
    }
    return tips
  }

  private func references(under prefix: String) throws(FleetError) -> [String] {
    var names = git_strarray()
    try checkReading(git_reference_list(&names, repository.pointer))
    defer { git_strarray_dispose(&names) }
    return UnsafeBufferPointer(start: names.strings, count: names.count)
      .compactMap { $0.map { String(cString: $0) } }.filter { $0.hasPrefix(prefix) }
  }
}
