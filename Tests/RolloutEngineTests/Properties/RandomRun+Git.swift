import Digests
import FleetModel
import Manifests

@testable import RolloutEngine

// Commits, plans and what is rendered of them.

extension RandomRun {
  static let behaviourNames = ["good", "good", "good", "slow", "bad", "stuck", "flaky", "gone"]

  /// Changes some environments of an app, to something new or back to something old.
  mutating func commit(_ app: String, _ pick: UInt64) throws {
    let id = "c\(nextCommit)"
    nextCommit += 1
    var content = lastCommit[app].flatMap { contents["\(app)@\($0)"] } ?? [:]
    for (index, environment) in Self.environments.enumerated() {
      let choice = pick >> (UInt64(index) * 6)
      if content[environment] == nil || choice & 3 != 0 {
        let behaviour = Self.behaviourNames.picked(by: choice >> 2) ?? "good"
        let isOld = choice & 32 != 0 && nextCommit > 4
        content[environment] = "\(behaviour)-\(isOld ? 1 : nextCommit)"
      }
    }
    try publish(content, app, id)
  }

  mutating func publish(_ content: [String: String], _ app: String, _ id: String) throws {
    contents["\(app)@\(id)"] = content
    lastCommit[app] = id
    var clusters: [ClusterUID: AppDigest] = [:]
    for cluster in members.keys { clusters[cluster] = digest(app, id, cluster) }
    let release = Release(app: app, commit: id, clusters: clusters)
    guard let plan = plans[app] else { return }
    releases.append(release)
    try hand(
      .releaseRendered(
        RenderedRelease(release: release, plan: plan, guardedDeletions: guardedDeletions(app, release))))
  }

  /// Every third version takes something away where there was something.
  func guardedDeletions(_ app: String, _ release: Release) -> [ClusterUID: Int] {
    release.clusters.filter { cluster, digest in
      let bytes = digest.description.utf8.first ?? 0
      return bytes % 3 == 0 && engine.possibleDigests(ofApp: app)[cluster]?.isEmpty == false
    }.mapValues { _ in 2 }
  }

  mutating func digest(_ app: String, _ commit: String, _ cluster: ClusterUID) -> AppDigest? {
    guard let member = members[cluster], let version = contents["\(app)@\(commit)"]?[member.environment] else {
      return nil
    }
    if version.hasPrefix("gone") { return AppContent.absent(app: app, .prune).digest }
    let digest = AppDigest(Digest(of: "\(app) \(version) \(member.environment)"))
    behaviours[digest] = String(version.prefix { $0 != "-" })
    return digest
  }

  mutating func observe(_ app: String) throws {
    guard let commit = lastCommit[app], let plan = plans[app] else { return }
    try hand(.commitObserved(app: app, commit: commit, plan))
  }

  mutating func amend(_ pick: UInt64) throws {
    guard case .renderAmendment(let cluster, let app, let commit)? = engine.pendingAmendments.picked(by: pick) else {
      return
    }
    try hand(
      .amendmentRendered(
        Amendment(cluster: cluster, app: app, commit: commit, digest: digest(app, commit, cluster))))
  }

  mutating func answerAllAmendments() throws {
    while !engine.pendingAmendments.isEmpty { try amend(0) }
  }

  static func plan(_ pick: UInt64, _ app: String) -> AppPlan {
    var random = Randomness(seed: pick)
    let waves: [[Width]] = [
      [.count(1), .percent(100)], [.percent(100)], [.count(1), .percent(50), .percent(100)], [.count(2)],
    ]
    let stages = environments.map { name in
      Stage(
        name: name, members: .environment(name), approvalBefore: name == "prod" && random.next() % 2 == 0,
        approvalAfter: random.next() % 8 == 0, waves: waves.picked(by: random.next()) ?? [],
        maxConcurrent: [nil, .count(1), .percent(50), .count(2)].picked(by: random.next()) ?? nil,
        maxFailures: [.count(0), .count(0), .count(1), .percent(50)].picked(by: random.next()) ?? .count(0),
        minAvailable: [.percent(50), .percent(0), .percent(100), .count(1)].picked(by: random.next()) ?? .percent(50),
        pullDeadline: .seconds(60), progressDeadline: .seconds(120),
        soak: .seconds([0, 10, 30].picked(by: random.next()) ?? 0),
        analysis: analyses.filter { _ in random.next() % 8 == 0 },
        offlinePolicy: random.next() % 6 == 0 ? .wait : .excludeAndCatchUp)
    }
    return AppPlan(
      pipeline: Pipeline(
        name: "default", stages: stages,
        onFailure: [.halt, .rollbackStage, .rollbackAll].picked(by: random.next()) ?? .halt,
        onNewRelease: random.next() % 4 == 0 ? .queue : .supersede,
        minStageInterval: random.next() % 6 == 0 ? .seconds(300) : .zero),
      gate: random.next() % 5 == 0 ? .synced : .healthy,
      dependsOn: app == "shop" && random.next() % 3 == 0 ? ["db"] : [],
      freezes: freezes.filter { _ in random.next() % 6 == 0 })
  }
}
