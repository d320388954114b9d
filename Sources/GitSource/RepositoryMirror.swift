internal import CLibGit2
internal import Logging
internal import Manifests
internal import Synchronization

/// A bare mirror of one reference of a repository, in a folder of our own.
///
/// A kill at any moment leaves a mirror that works: objects come before the reference that needs them, and a new mirror
/// gets its name when it is complete. One that cannot be read is made anew beside the old one, which stays until then.
final class RepositoryMirror: Sendable {
  /// What a fetch found.
  struct Found: Sendable {
    let commit: CommitID
    let previous: CommitID?
    let rewritten: Bool
  }

  let repository: GitRepository
  private let directory: MirrorDirectory
  private let logger: Logger

  init(path: String, logger: Logger) throws(FleetError) {
    try LibGit2.start()
    self.logger = logger
    let directory = try MirrorDirectory(path: path)
    repository = GitRepository(pool: RepositoryPool(path: directory.current))
    self.directory = directory
  }

  /// The commit that was in force last; nil when there was none or the mirror cannot be read.
  func tip(of reference: GitReference) -> CommitID? {
    guard directory.current != nil else { return nil }
    do {
      let name = try ReferenceNames.tip(of: reference.upstreamName)
      let tip = try repository.pool.withHandle { handle throws(FleetError) in try handle.tip(name) }
      guard let tip else { return nil }
      _ = try repository.tree(at: tip).list(.root)
      return tip
    } catch {
      logger.warning("the Git mirror cannot be read and will be made anew", metadata: ["error": "\(error)"])
      repository.pool.noteDamage()
      return nil
    }
  }

  /// Looks where the reference is now and brings what is missing. Blocks; `last` is the commit in force.
  func fetch(
    _ settings: GitSourceSettings, last: CommitID?, _ operation: NetworkOperation
  ) throws(FleetError) -> Found {
    try operation.asCurrent { () throws(FleetError) in
      guard let current = directory.current, !repository.pool.isDamaged else {
        return try replace(settings, last: last, operation)
      }
      do throws(FleetError) {
        return try update(current, settings, last: last, operation)
      } catch  where error.code == .gitRepositoryCorrupt {
        logger.warning("the Git mirror is damaged and is made anew", metadata: ["error": "\(error)"])
        repository.pool.noteDamage()
        return try replace(settings, last: last, operation)
      } catch  where error.code == .gitProtocol {
        // The server's data may have been right and what they build on in our mirror wrong.
        repository.pool.noteDamage()
        throw error
      }
    }
  }

  /// Brings what a reference names now, beside the one that is followed: nothing of ours names it afterwards, so that it
  /// goes when the packs are put together next.
  func visit(_ settings: GitSourceSettings, _ operation: NetworkOperation) throws(FleetError) -> CommitID {
    try operation.asCurrent { () throws(FleetError) in
      guard let current = directory.current, !repository.pool.isDamaged else {
        throw FleetError(
          .gitCommitMissing, "nothing was fetched from \(settings.location) yet", nextStep: "see `flotilla get errors`")
      }
      let mirror = try RepositoryHandle(path: current)
      let commit = try download(settings, into: mirror, operation)
      try mirror.checkComplete(commit, known: nil)
      return commit
    }
  }

  private func download(
    _ settings: GitSourceSettings, into mirror: borrowing RepositoryHandle, _ operation: NetworkOperation
  ) throws(FleetError) -> CommitID {
    switch settings.location.transport {
    case .local(let path):
      try LocalFetch(path: path, settings: settings, operation: operation).run(into: mirror, known: try mirror.tips())
    case .https, .ssh:
      try RemoteFetch(settings: settings, operation: operation).run(into: mirror)
    }
  }

  private func update(
    _ path: String, _ settings: GitSourceSettings, last: CommitID?, _ operation: NetworkOperation
  ) throws(FleetError) -> Found {
    let mirror = try RepositoryHandle(path: path)
    let found = try bring(settings, last: last, into: mirror, operation)
    try compact(path, mirror, operation)
    return found
  }

  /// Makes one pack of many, when there are more than `limit`. What keeps it from that without being damage, such as a
  /// full disk or a stopped fetch, leaves all as it was for the next fetch.
  func compact(
    _ path: String, _ mirror: borrowing RepositoryHandle, _ operation: NetworkOperation,
    moreThan limit: Int = GitLimits.packs
  ) throws(FleetError) {
    guard let compaction = PackCompaction(mirror: path, moreThan: limit) else { return }
    do throws(FleetError) {
      let pack = try compaction.write(in: mirror, operation)
      try repository.pool.whileClosed { () throws(FleetError) in
        try compaction.removeOld(except: pack)
        return path
      }
    } catch {
      guard operation.stopped != nil || error.code == .gitStateDirectory else { throw error }
      logger.warning("the packs of the Git mirror stay apart for now", metadata: ["error": "\(error)"])
    }
  }

  private func replace(
    _ settings: GitSourceSettings, last: CommitID?, _ operation: NetworkOperation
  ) throws(FleetError) -> Found {
    try FileAccess.remove(directory.incoming)
    let found = try make(settings, last: last, operation)
    try repository.pool.whileClosed { () throws(FleetError) in
      try directory.accept()
    }
    repository.pool.forgetDamage()
    try directory.clear()
    return found
  }

  private func make(
    _ settings: GitSourceSettings, last: CommitID?, _ operation: NetworkOperation
  ) throws(FleetError) -> Found {
    let path = directory.incoming
    _ = try Owned({ git_repository_free($0) }, at: .init(file: path)) { git_repository_init(&$0, path, 1) }
    return try bring(settings, last: last, into: RepositoryHandle(path: path), operation)
  }

  private func bring(
    _ settings: GitSourceSettings, last: CommitID?, into mirror: borrowing RepositoryHandle,
    _ operation: NetworkOperation
  ) throws(FleetError) -> Found {
    let name = try ReferenceNames.tip(of: settings.reference.upstreamName)
    let tip = try mirror.tip(name)
    let commit = try download(settings, into: mirror, operation)
    let previous = last ?? tip
    if commit != tip { try mirror.checkComplete(commit, known: tip) }
    let rewritten = try previous.map { old throws(FleetError) in try mirror.isRewrite(from: old, to: commit) } ?? false
    if rewritten, let previous, try mirror.commit(previous) != nil { try mirror.keepRewritten(previous) }
    if commit != tip { try mirror.setTip(name, to: commit) }
    return Found(commit: commit, previous: previous, rewritten: rewritten)
  }
}
