public import FleetModel
public import Manifests

/// What was seen in Git: commits, the last good declarations, and what is wrong now.
public protocol SourceStore: Sendable {
  /// Stores a commit with the declarations that it changes, as one.
  ///
  /// A commit that was observed before moves to the front with the new instant: a branch may be set back.
  func recordObservation(_ observation: SourceObservation, trail: Trail) async throws(FleetError)

  /// The commit observed last, or nil before the first.
  func latestCommit() async throws(FleetError) -> ObservedCommit?

  func observedCommit(_ id: String) async throws(FleetError) -> ObservedCommit?

  /// Commits, the last observed first.
  func observedCommits(limit: Int) async throws(FleetError) -> [ObservedCommit]

  /// The last good content of every file that declares something, by path.
  func declarations() async throws(FleetError) -> [DeclarationFile]

  /// Replaces what is wrong in a scope; an empty list says that all is well there.
  ///
  /// An error that was there already keeps the instant since when it stands.
  func setErrors(_ errors: [FleetError], in scope: ErrorScope, at now: Timestamp) async throws(FleetError)

  /// All that is wrong now, by scope, in the order in which it was given.
  func currentErrors() async throws(FleetError) -> [StandingError]
}

/// A commit as the hub saw it.
public struct ObservedCommit: Hashable, Sendable {
  /// Git's commit id in hexadecimal.
  public var id: String
  public var committer: String
  /// The committer's time.
  public var time: Timestamp
  /// The first line of the message.
  public var summary: String
  /// Whether the branch was rewritten: the commit observed before is no ancestor of this one.
  public var isRewrite: Bool
  public var observedAt: Timestamp

  public init(
    id: String, committer: String, time: Timestamp, summary: String, isRewrite: Bool, observedAt: Timestamp
  ) {
    self.id = id
    self.committer = committer
    self.time = time
    self.summary = summary
    self.isRewrite = isRewrite
    self.observedAt = observedAt
  }
}

/// A file that declares a part of the fleet, as it last was without an error.
public struct DeclarationFile: Hashable, Sendable {
  public var path: TreePath
  public var bytes: [UInt8]
  /// The commit that it was read at.
  public var commit: String

  public init(path: TreePath, bytes: [UInt8], commit: String) {
    self.path = path
    self.bytes = bytes
    self.commit = commit
  }
}

/// A commit and the declarations that it changes.
public struct SourceObservation: Hashable, Sendable {
  public var commit: ObservedCommit
  /// Files that are good and differ from what is stored.
  public var changed: [DeclarationFile]
  /// Files that are gone; a broken file is not gone.
  public var removed: [TreePath]

  public init(commit: ObservedCommit, changed: [DeclarationFile] = [], removed: [TreePath] = []) {
    self.commit = commit
    self.changed = changed
    self.removed = removed
  }
}

/// Whose errors are replaced together: one step of the hub, and the app or cluster it worked on.
public struct ErrorScope: Hashable, Sendable {
  /// The step, such as `git`, `declarations`, `render`.
  public var step: String
  public var app: String?
  /// The cluster's name.
  public var cluster: String?

  public init(step: String, app: String? = nil, cluster: String? = nil) {
    self.step = step
    self.app = app
    self.cluster = cluster
  }
}

/// Something that is wrong until it is fixed.
public struct StandingError: Hashable, Sendable {
  public var scope: ErrorScope
  public var error: FleetError
  public var since: Timestamp

  public init(scope: ErrorScope, error: FleetError, since: Timestamp) {
    self.scope = scope
    self.error = error
    self.since = since
  }
}
