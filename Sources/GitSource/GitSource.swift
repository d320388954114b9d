public import Logging
public import Manifests
internal import Synchronization

/// A repository that is followed: where its reference is, and the files at every commit seen.
///
/// The commit in force outlives everything that can go wrong: a server that is away, a repository or a branch that
/// vanishes, a mirror that breaks, a process that is killed.
public final class GitSource: Sendable {
  struct State {
    var inForce: CommitID?
    var isFetching = false
  }

  public let settings: GitSourceSettings
  let mirror: RepositoryMirror
  private let logger: Logger
  let state: Mutex<State>

  /// Opens the mirror in a folder that belongs to this source alone; makes the folder if need be.
  ///
  /// Asks no server. Throws when the folder cannot be used or another process uses it.
  public init(settings: GitSourceSettings, stateDirectory: String, logger: Logger) throws(FleetError) {
    self.settings = settings
    self.logger = logger
    mirror = try RepositoryMirror(path: stateDirectory, logger: logger)
    state = Mutex(State(inForce: mirror.tip(of: settings.reference)))
    if !LibGit2.boundsDeltas {
      logger.warning("this libgit2 does not bound what a delta expands to; install its security update (deb12u2)")
    }
  }

  /// The commit in force; nil as long as there has been none.
  public var inForce: CommitID? { state.withLock { $0.inForce } }

  /// All commits of the mirror, read only.
  public var repository: GitRepository { mirror.repository }

  /// The files at a commit.
  public func tree(at commit: CommitID) throws(FleetError) -> CommitTree { try repository.tree(at: commit) }

  /// What is known of a commit.
  public func commit(_ id: CommitID) throws(FleetError) -> GitCommit { try repository.commit(id) }

  /// Looks at the repository once and brings what is new.
  ///
  /// Ends within the settings' total time and a few seconds, also when the system itself is stuck; and soon when the
  /// task is cancelled. One look at a time: a second one fails with `git-busy`.
  public func fetch() async -> SourceUpdate {
    let last = state.withLock { state -> CommitID?? in
      guard !state.isFetching else { return nil }
      state.isFetching = true
      return .some(state.inForce)
    }
    guard let last else { return report(.failure(busy)) }
    let operation = NetworkOperation(limits: settings.limits)
    let result = await SupervisedWork.run(operation) { [self] in
      let result = Result { () throws(FleetError) in try update(last: last, operation) }
      state.withLock { $0.isFetching = false }
      return result
    }
    return report(result ?? .failure(stuck))
  }

  private func update(last: CommitID?, _ operation: NetworkOperation) throws(FleetError) -> SourceUpdate.Outcome {
    let found = try mirror.fetch(settings, last: last, operation)
    // Nobody would hear of a commit that comes into force after its fetch was given up; the next one brings it.
    if let stop = operation.stopped { throw stop.error(settings.limits, at: settings.location) }
    let outcome: SourceUpdate.Outcome
    if found.commit == last {
      outcome = .unchanged
    } else {
      let commit = try repository.commit(found.commit)
      outcome = .advanced(.init(commit: commit, previous: found.previous, rewritten: found.rewritten))
    }
    state.withLock { $0.inForce = found.commit }
    return outcome
  }

  private func report(_ result: Result<SourceUpdate.Outcome, FleetError>) -> SourceUpdate {
    let update: SourceUpdate
    switch result {
    case .success(let outcome): update = SourceUpdate(outcome: outcome, inForce: inForce)
    case .failure(let error): update = SourceUpdate(outcome: .failed(error), inForce: inForce)
    }
    log(update)
    return update
  }

  private func log(_ update: SourceUpdate) {
    var metadata: Logger.Metadata = [
      "repository": "\(settings.location)", "reference": "\(settings.reference)",
      "commit": "\(update.inForce?.hex ?? "none")",
    ]
    switch update.outcome {
    case .unchanged: logger.debug("the repository has nothing new", metadata: metadata)
    case .advanced(let advance):
      metadata["previous"] = "\(advance.previous?.hex ?? "none")"
      if advance.rewritten {
        logger.warning("the history was rewritten: the previous commit is no ancestor", metadata: metadata)
      } else {
        logger.info("a new commit", metadata: metadata)
      }
    case .failed(let error):
      metadata["error"] = "\(error)"
      logger.error("the repository could not be fetched; the last commit stays in force", metadata: metadata)
    }
  }

  var busy: FleetError {
    FleetError(.gitBusy, "an earlier fetch from \(settings.location) has not ended")
  }

  var stuck: FleetError {
    FleetError(
      .gitDeadline, "the fetch from \(settings.location) does not react to being stopped",
      cause: "the system is stuck in a name look-up or a disk", nextStep: "see whether DNS and the state directory work"
    )
  }
}
