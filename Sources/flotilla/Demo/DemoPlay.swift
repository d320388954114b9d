import FleetModel
import Foundation
import LocalFleet
import Manifests
import Wire

/// What happens in the scenes of the demo, on whatever clusters there are.
struct DemoPlay {
  let site: any DemoSite
  let repository: WorkingRepository
  let fleet: LocalFleet
  let tell: (String) -> Void

  /// The scenes after the first, with what they are called.
  var scenes: [(title: String, act: () async throws -> Void)] {
    let path = site.environments.map(\.name).joined(separator: ", then ")
    return [
      ("A commit rolls out: \(path)\(prod.isEmpty ? "" : " after an approval")", rollOut),
      ("A commit with a bad image fails on its canary in dev and goes no further", stopABadImage),
      ("git revert mends it", mend),
      ("Somebody edits \(site.edited) by hand", healAnEdit),
      ("The hub is stopped; an edit is healed without it; the hub comes back", goOnWithoutTheHub),
      ("One byte of a blob is flipped in the hub's store; the agent refuses it", refuseATamperedBlob),
    ]
  }

  private var canary: String { site.clusters.first ?? "" }
  private var all: [String] { site.environments.map(\.name) }
  /// The clusters that wait for an approval: none where there is nothing before them.
  private var prod: [String] { site.environments.count > 1 ? site.clusters(of: "prod") : [] }
  private var beforeProd: [String] { site.clusters.filter { !prod.contains($0) } }
  /// The environment in which the last scene happens: one that waits for nobody.
  private var lastScene: String { site.clusters(of: "staging").isEmpty ? "dev" : "staging" }

  func firstSync() async throws {
    try await approveUntilDone(site.approved)
    try await allHealthy()
    try expectImage(site.tags.first, on: site.clusters)
    tell("\(counted(site.clusters.count, "cluster")) with \(counted(site.appCount, "app")) each, all healthy")
  }

  private func rollOut() async throws {
    let (old, new) = (site.tags.first, site.tags.second)
    let commit = try change(from: old, to: new, in: all)
    if !prod.isEmpty {
      try await eventually("\(new) is everywhere before prod, and prod waits", within: site.patience) {
        try await stage("prod", ofRolloutFor: commit)?.state == .awaitingBefore
      }
      try expectImage(new, on: beforeProd)
      try expectImage(old, on: prod)
      tell("\(beforeProd.joined(separator: ", ")) run \(new); prod still runs \(old) and waits for an approval")
      try await approve(site.app)
      tell("approved as the operator")
    }
    try await succeeded(site.app, commit)
    try expectImage(new, on: site.clusters)
    if prod.count > 1 { try await checkWaves(commit) }
    tell("all of \(site.environments.last?.name ?? "") runs \(new)")
  }

  /// The canary of prod must have soaked before the others were offered anything.
  private func checkWaves(_ commit: String) async throws {
    guard let stage = try await stage("prod", ofRolloutFor: commit), let first = prod.first, let last = prod.last else {
      throw FleetError(.localFleet, "the rollout has no stage prod")
    }
    let soaked = Dictionary(stage.clusters.map { ($0.name, $0.changedUnixMs) }, uniquingKeysWith: { $1 })
    guard let canary = soaked[first], let other = soaked[last], canary < other else {
      throw FleetError(.localFleet, "prod did not go in waves", at: .init(app: site.app))
    }
    tell("its canary \(first) was through before the others began")
  }

  private func stopABadImage() async throws {
    let good = site.tags.second
    let bad = try change(from: good, to: "broken", in: all)
    try await eventually("the rollout failed", within: site.patience) {
      try await rollout(site.app, bad)?.rollout?.state == .failed
    }
    let reason = try await rollout(site.app, bad)?.stages.flatMap(\.clusters).first { $0.state == .failed }?.reason
    try expectImage("broken", on: [canary])
    let others = site.clusters.filter { $0 != canary }
    try expectImage(good, on: others)
    tell("halted: \(reason ?? "the canary failed")")
    if !others.isEmpty { tell("\(others.joined(separator: ", ")) still run \(good)") }
  }

  private func mend() async throws {
    let fix = try repository.revert()
    try await eventually("\(canary) runs \(site.tags.second) again", within: site.patience) {
      try image(on: canary) == site.tags.second
    }
    try await succeeded(site.app, fix)
    tell("\(canary) runs \(site.tags.second) again; nothing else had to move")
  }

  private func healAnEdit() async throws {
    let cluster = prod.first ?? canary
    try edit(cluster)
    tell("edited \(site.edited) on \(cluster)")
    try await eventually("the edit is healed", within: site.patience) { try !isEdited(cluster) }
    tell("the agent has put it back")
    try await eventually("the hub knows of the drift") {
      try await fleet.ask { try await $0.listEvents(.init()) }.events.contains { $0.action == "DriftHealed" }
    }
    tell("and told the hub")
  }

  private func goOnWithoutTheHub() async throws {
    let cluster = site.clusters.last ?? canary
    try await fleet.hub.stop()
    tell("the hub is stopped")
    try edit(cluster)
    try await eventually("the edit is healed without the hub", within: site.patience) { try !isEdited(cluster) }
    tell("an edit on \(cluster) was healed meanwhile")
    try fleet.startHub()
    try await fleet.allOnline()
    tell("the hub is back, and all agents are connected again")
  }

  private func refuseATamperedBlob() async throws {
    let environment = lastScene
    let cluster = site.clusters(of: environment).first ?? canary
    let before = Set(try blobs())
    // The agent is faster than this program: it would have pulled before the byte is flipped.
    let agent = try fleet.cluster(cluster).agent
    agent.suspend()
    defer { agent.resume() }
    let commit = try change(from: site.tags.second, to: site.tags.third, in: [environment])
    try await eventually("the hub has published the change for \(cluster)") {
      try await stage(environment, ofRolloutFor: commit)?.clusters.first { $0.name == cluster }?.state == .offered
    }
    var flipped: [String] = []
    try await eventually("what was published is in the hub's store") {
      flipped = try blobs().filter { !before.contains($0) }
      return !flipped.isEmpty
    }
    for blob in flipped { try flipAByte(of: blob) }
    agent.resume()
    tell("flipped a byte in \(counted(flipped.count, "new blob"))")
    try await eventually("\(cluster) refuses the bundle") {
      try await fleet.ask { try await $0.listEvents(.init()) }.events.contains { $0.action == "BundleRefused" }
    }
    try expectImage(site.tags.second, on: [cluster])
    let state = try await stage(environment, ofRolloutFor: commit)?.state
    tell(
      "\(cluster) refused it and goes on with \(site.tags.second); the stage: \(state.map { "\($0)" } ?? "unknown")")
  }
}

// MARK: - Looking and doing

extension DemoPlay {
  private func change(from old: String, to new: String, in overlays: [String]) throws -> String {
    for overlay in overlays {
      try repository.replace(
        "\"\(old)\"", with: "\"\(new)\"", in: "apps/\(site.app)/overlays/\(overlay)/kustomization.yaml")
    }
    let commit = try repository.commit("\(site.app) \(new)")
    tell("committed \(commit.prefix(8)): \(site.app) \(new)")
    return commit
  }

  private func rollout(_ app: String, _ commit: String) async throws -> FlotillaV1.RolloutDetail? {
    let detail = try await fleet.ask { try await $0.getRollout(.init(which: .app(app))) }.rollout
    return detail?.rollout?.commit?.id == commit ? detail : nil
  }

  private func stage(_ name: String, ofRolloutFor commit: String) async throws -> FlotillaV1.RolloutStage? {
    try await rollout(site.app, commit)?.stages.first { $0.name == name }
  }

  private func succeeded(_ app: String, _ commit: String) async throws {
    try await eventually("the rollout of \(app) succeeded", within: site.patience) {
      guard let detail = try await rollout(app, commit) else { return false }
      if detail.stages.contains(where: { $0.state == .awaitingBefore }) { try await approve(app) }
      return detail.rollout?.state == .succeeded
    }
  }

  private func approve(_ app: String) async throws {
    guard let detail = try await fleet.ask({ try await $0.getRollout(.init(which: .app(app))) }).rollout,
      let rollout = detail.rollout, let stage = detail.stages.first(where: { $0.state == .awaitingBefore })
    else { throw FleetError(.localFleet, "no stage of \(app) waits for an approval") }
    _ = try await fleet.ask {
      try await $0.approveRollout(
        .init(id: rollout.id, stage: stage.name, release: rollout.release, comment: "as in the demo"))
    }
  }

  /// Approves what waits until these apps are through all stages; a rollout that failed will not be.
  private func approveUntilDone(_ apps: [String]) async throws {
    var failure: FleetError?
    try await eventually("the first releases are through", within: site.patience) {
      var done = true
      for app in apps {
        guard let detail = try await fleet.ask({ try await $0.getRollout(.init(which: .app(app))) }).rollout else {
          return false
        }
        if let failed = failedCluster(in: detail, of: app) {
          failure = failed
          return true
        }
        if detail.stages.contains(where: { $0.state == .awaitingBefore }) { try await approve(app) }
        done = done && detail.rollout?.state == .succeeded
      }
      return done
    }
    if let failure { throw failure }
  }

  private func failedCluster(in detail: FlotillaV1.RolloutDetail, of app: String) -> FleetError? {
    guard detail.rollout?.state == .failed else { return nil }
    let cluster = detail.stages.flatMap(\.clusters).first { $0.state == .failed }
    return FleetError(
      .localFleet, "the first release of \(app) failed", at: .init(cluster: cluster?.name, app: app),
      cause: cluster?.reason ?? detail.rollout?.reason ?? "")
  }

  private func allHealthy() async throws {
    try await eventually("all apps of all clusters are synced and healthy", within: site.patience) {
      let shown = try await fleet.ask { try await $0.listClusters(.init()) }.clusters
      return shown.count == site.clusters.count
        && shown.allSatisfy {
          $0.apps == site.appCount && $0.appsHealthy == site.appCount && $0.appsSynced == site.appCount
        }
    }
  }

  private func image(on cluster: String) throws -> String? { try site.image(on: fleet.cluster(cluster)) }

  private func expectImage(_ tag: String, on clusters: [String]) throws {
    for cluster in clusters {
      let found = try image(on: cluster)
      guard found != tag else { continue }
      throw FleetError(
        .localFleet, "\(site.app) is \(found ?? "not there") where \(tag) was expected", at: .init(cluster: cluster))
    }
  }

  private func edit(_ cluster: String) throws { try site.edit(fleet.cluster(cluster)) }
  private func isEdited(_ cluster: String) throws -> Bool { try site.isEdited(fleet.cluster(cluster)) }

  /// The blobs that are whole, by their paths in the hub's folder of them.
  private func blobs() throws -> [String] {
    let enumerator = FileManager.default.enumerator(atPath: fleet.blobs)
    return (enumerator?.compactMap { $0 as? String } ?? []).filter { name in
      !name.hasPrefix("tmp/") && name.split(separator: "/").last.map { $0.count >= 60 } ?? false
    }
  }

  private func flipAByte(of blob: String) throws {
    let path = "\(fleet.blobs)/\(blob)"
    var bytes = try Data(contentsOf: URL(filePath: path))
    guard !bytes.isEmpty else { return }
    bytes[bytes.startIndex + bytes.count / 2] ^= 1
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    try file.write(contentsOf: bytes)
  }
}
