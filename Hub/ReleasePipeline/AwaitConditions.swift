import FleetModel
import FleetStore
import GitSource
import Manifests
public import RolloutEngine

/// What an operator can wait for.
public enum WaitCondition: Sendable, Hashable {
  case rollout(id: String, RolloutState)
  /// What a commit says of an app, or of all what it changes, was rolled out to the end; of what is in force where it is
  /// nil.
  case released(commit: String?, app: String?)
  case healthyCluster(String)
  case healthyApp(String)
  case online(cluster: String)
}

/// How far it is.
public struct WaitProgress: Sendable, Hashable {
  public enum State: Sendable, Hashable {
    case waiting
    case met
    /// Nothing but an operator or another commit can make it so.
    case hopeless
  }

  public var state: State
  /// What is waited for, or why it is hopeless: one sentence.
  public var reason: String

  static func waiting(_ reason: String) -> WaitProgress { WaitProgress(state: .waiting, reason: reason) }
  static func met(_ reason: String) -> WaitProgress { WaitProgress(state: .met, reason: reason) }
  static func hopeless(_ reason: String) -> WaitProgress { WaitProgress(state: .hopeless, reason: reason) }
}

/// Waits for what operators wait for.
public struct ConditionWaiter: Sendable {
  /// From a wake to the look that it leads to: looking costs more than watching one rollout.
  static let pause: Duration = .milliseconds(500)
  /// The shortest part of a commit's id that is taken for it.
  static let shortestCommit = 7

  let queries: FleetQueries
  let followers: RolloutFollowers
  let repository: GitRepository

  /// Tells how far it is now and whenever that changes, until it is met or hopeless.
  public func wait(for condition: WaitCondition, _ tell: (WaitProgress) async throws -> Void) async throws {
    let app = try await followedApp(condition)
    try await followers.follow(app) { wakes in
      var wakes = wakes.makeAsyncIterator()
      var told: WaitProgress?
      while true {
        let progress = try await progress(of: condition)
        if progress != told { try await tell(progress) }
        told = progress
        if progress.state != .waiting { return }
        if await wakes.next() == nil { throw CancellationError() }
        try await Task.sleep(for: ConditionWaiter.pause)
      }
    }
  }

  /// Refuses what does not exist; answers whose rollouts the condition hangs on.
  private func followedApp(_ condition: WaitCondition) async throws(FleetError) -> String? {
    switch condition {
    case .rollout(let id, _): return try await queries.rollout(id).app
    case .released(let commit, let app):
      if let commit { try check(commit) }
      if let app { try await queries.requireApp(app) }
      return app
    case .healthyApp(let app):
      try await queries.requireApp(app)
      return app
    case .healthyCluster(let name), .online(let name):
      _ = try await queries.store.uid(ofCluster: name)
      return nil
    }
  }

  private func progress(of condition: WaitCondition) async throws(FleetError) -> WaitProgress {
    switch condition {
    case .rollout(let id, let state): try await progress(ofRollout: id, to: state)
    case .released(let commit, let app): try await progress(of: commit, app)
    case .healthyApp(let app):
      progress(await queries.rollouts.read { $0.standing(ofApp: app) }, of: "cluster", nothing: "is assigned nowhere")
    case .healthyCluster(let name): try await progress(ofCluster: name)
    case .online(let name):
      await queries.isOnline(try await queries.store.uid(ofCluster: name))
        ? .met("\(name) is connected") : .waiting("\(name) is not connected")
    }
  }

  // MARK: Rollouts

  private func progress(ofRollout id: String, to wanted: RolloutState) async throws(FleetError) -> WaitProgress {
    let status = try await queries.rollout(id)
    let words = "rollout \(id) is \(status.state): \(status.reason)"
    if status.state == wanted { return .met(words) }
    return status.state.isEnded ? .hopeless(words) : .waiting(words)
  }

  private func check(_ commit: String) throws(FleetError) {
    let isHex = commit.allSatisfy { $0.isHexDigit && $0.isASCII && !$0.isUppercase }
    guard isHex, (ConditionWaiter.shortestCommit...64).contains(commit.count) else {
      throw FleetError(
        .invalidField, "not a commit's id, or at least its first \(ConditionWaiter.shortestCommit) digits",
        at: .init(field: "commit"), nextStep: "see `git rev-parse HEAD`")
    }
  }

  private func progress(of commit: String?, _ app: String?) async throws(FleetError) -> WaitProgress {
    guard let snapshot = await queries.source.snapshot else { return .waiting("no commit is in force yet") }
    if let missing = try await missing(commit ?? snapshot.commit.id, snapshot) { return missing }
    let errors = try await queries.store.currentErrors()
    var waiting: [String] = []
    var earlier: [String] = []
    for name in await names(commit, app, snapshot) {
      if let error = errors.first(where: { $0.scope.app == name })?.error {
        return .hopeless("app \(name) does not render: \(error)")
      }
      guard let one = await queries.rollouts.read({ $0.status(ofApp: name) }) else { continue }
      if app == nil, let commit, try await isUntouched(name, by: commit) {
        if let rollout = one.rollout, rollout.state != .succeeded {
          earlier.append("\(rollout.id) is \(rollout.state)")
        }
        continue
      }
      if let hold = try await held(one) { return .hopeless(hold) }
      if let queued = one.queued {
        waiting.append("\(name) at commit \(queued.commit.prefix(12)) waits: \(queued.reason)")
      }
      guard let rollout = one.rollout, rollout.state != .succeeded else { continue }
      let words = "\(rollout.id) is \(rollout.state): \(rollout.reason)"
      if rollout.state.isEnded { return .hopeless(words) }
      waiting.append(words)
    }
    guard let first = waiting.first else {
      let others = earlier.isEmpty ? "" : "; of commits before it: \(earlier.joined(separator: ", "))"
      return .met("commit \(snapshot.commit.id.prefix(12)) is rolled out\(others)")
    }
    return .waiting(waiting.count == 1 ? first : "\(counted(waiting.count, "rollout")) under way; \(first)")
  }

  /// The app that is meant, or all: those of the commit in force, and those that leave their clusters.
  private func names(_ commit: String?, _ app: String?, _ snapshot: FleetSnapshot) async -> [String] {
    if let app { return [app] }
    let declared = snapshot.apps.map(\.name)
    let leaving = await queries.rollouts.read { engine in
      engine.appStatuses.filter { app in
        guard let state = app.rollout?.state, !declared.contains(app.app) else { return false }
        // How it ended long ago is no matter of what is in force now.
        return commit == nil ? !state.isEnded : state != .succeeded
      }.map(\.app)
    }
    return declared + leaving
  }

  /// Whether what an app's clusters are to run comes from before a commit, which changed nothing of it.
  private func isUntouched(_ app: String, by commit: String) async throws(FleetError) -> Bool {
    guard let release = try await queries.store.releases(of: app, limit: 1).first, !release.commit.hasPrefix(commit),
      let origin = CommitID(hex: release.commit), let id = known(commit)
    else { return false }
    return try repository.includes(origin, in: id)
  }

  /// Why what Git asks for of an app is not rolled out; nil where nothing of it is held.
  private func held(_ app: AppRolloutStatus) async throws(FleetError) -> String? {
    guard !app.holds.isEmpty else { return nil }
    let name = app.app
    let wanted = Set((await queries.rollouts.read { $0.latestDigests(ofApp: name) } ?? [:]).values)
    return app.holds.first { !wanted.isDisjoint(with: $0.digests) }.map {
      "what Git asks for of \(name) is held by \($0.actor) (hold \($0.number)): \($0.reason)"
    }
  }

  /// Why nothing can be said of a commit yet; nil when the one in force is it, or comes after it.
  private func missing(_ commit: String, _ snapshot: FleetSnapshot) async throws(FleetError) -> WaitProgress? {
    let view = await queries.source.view
    let finished = await queries.source.finished
    if try isIncluded(commit, in: snapshot.commit.id) {
      // What is in force is rendered by the time that it, or one after it that is wrong, is finished with.
      guard finished == snapshot.commit.id || finished == view.observed?.id else {
        return .waiting("commit \(snapshot.commit.id.prefix(12)) is being rendered")
      }
      return nil
    }
    if let observed = view.observed, finished == observed.id, try isIncluded(commit, in: observed.id) {
      let error = try await queries.store.currentErrors().first { $0.scope.app == nil }?.error
      return .hopeless(
        "commit \(observed.id.prefix(12)) is not in force" + (error.map { ": \($0)" } ?? ""))
    }
    return .waiting(
      "the hub has not seen commit \(commit.prefix(12)) on \(view.reference); \(snapshot.commit.id.prefix(12)) is in force"
    )
  }

  private func isIncluded(_ commit: String, in later: String) throws(FleetError) -> Bool {
    if later.hasPrefix(commit) { return true }
    guard let tip = CommitID(hex: later), let id = known(commit) else { return false }
    return try repository.includes(id, in: tip)
  }

  /// nil for a commit that the repository does not have, or not yet.
  private func known(_ commit: String) -> CommitID? { try? repository.resolve(commit) }

  // MARK: Health

  private func progress(ofCluster name: String) async throws(FleetError) -> WaitProgress {
    let uid = try await queries.store.uid(ofCluster: name)
    // An air-gapped one need not be: what it reports comes back by other ways.
    let isOutside = await queries.rollouts.read { $0.isOutside(uid) }
    guard await queries.isOnline(uid) || isOutside else { return .waiting("\(name) is not connected") }
    return progress(await queries.rollouts.read { $0.standing(of: uid) }, of: "app", nothing: "is assigned nothing")
  }

  private func progress(_ standing: Standing, of noun: String, nothing: String) -> WaitProgress {
    guard standing.assigned > 0 else { return .waiting(nothing) }
    let words =
      "\(standing.healthy) of \(counted(standing.assigned, noun)) healthy"
      + (standing.outside > 0 ? ", \(standing.outside) air-gapped not counted" : "")
    guard standing.healthy < standing.assigned else { return .met(words) }
    return .waiting(([words] + standing.others).joined(separator: "; "))
  }
}

extension FleetQueries {
  func isOnline(_ cluster: ClusterUID) async -> Bool { await presence.isOnline(cluster) }

  func requireApp(_ name: String) async throws(FleetError) {
    if await source.snapshot?.apps.contains(where: { $0.name == name }) == true { return }
    if await rollouts.read({ $0.status(ofApp: name) }) != nil { return }
    throw FleetError(
      .appNotDeclared, "there is no app \(name)", at: .init(app: name),
      nextStep: "see `flotilla get apps`, or declare it in the fleet repository")
  }
}

extension HubStore {
  /// Of a cluster that has been let in, or is about to be.
  func uid(ofCluster name: String) async throws(FleetError) -> ClusterUID {
    guard let record = try await cluster(named: name) else {
      throw FleetError(
        .clusterUnknown, "no cluster \(name) has joined the fleet", at: .init(cluster: name),
        nextStep: "see `flotilla get clusters`")
    }
    return record.uid
  }
}
