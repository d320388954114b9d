import FleetModel
import Foundation
import LocalFleet
import Manifests
import Programs
import Wire

/// The demo's scenes, in order. Each is checked from the agents' folders and the hub's answers.
final class DemoStory {
  private let machine: LocalMachine
  private var running: LocalFleet?
  private let began = ContinuousClock.now
  private var sceneBegan = ContinuousClock.now
  private var sceneTitle = ""
  private var number = 0

  init(on machine: LocalMachine) { self.machine = machine }

  private var fleet: LocalFleet {
    get throws {
      guard let running else { throw FleetError(.localFleet, "no fleet runs yet") }
      return running
    }
  }

  // MARK: Telling

  private func scene(_ title: String) {
    number += 1
    sceneTitle = title
    sceneBegan = .now
    StandardStreams.print("\n\(number). \(title)")
  }

  private func tell(_ text: String) {
    let elapsed = ContinuousClock.now - sceneBegan
    let seconds = Double(elapsed.inMilliseconds) / 1000
    StandardStreams.print("   \(String(format: "%6.2f", seconds)) s  \(text)")
  }

  func fail(_ error: any Error) { StandardStreams.complain("\nThe step did not happen: \(sceneTitle)\n\(error)") }

  // MARK: The sample

  func runSample(_ example: String) async throws {
    scene("A hub, a Git repository, six clusters with their agents: first sync")
    let repository = try WorkingRepository(copyOf: example, to: "\(machine.directory)/repository")
    let clusters = try await startAll(try LocalFleet(on: machine, repository: repository.url, fleet: "acme"))
    try await approveUntilDone(["webshop", "database"])
    try await allHealthy(clusters)
    try expectImage("1.4.0", on: clusters)
    tell("\(clusters.count) clusters run 5 apps each, all healthy")

    try await rollOut(repository)
    try await stopABadImage(repository)
    try await healAnEdit()
    try await goOnWithoutTheHub()
    try await refuseATamperedBlob(repository)
    let total = (ContinuousClock.now - began).inMilliseconds / 1000
    StandardStreams.print("\nEvery step happened, in \(total) s.")
  }

  private func startAll(_ fleet: LocalFleet) async throws -> [String] {
    running = fleet
    let clusters = try await fleet.clusters()
    tell("the hub has read the repository: \(clusters.joined(separator: ", "))")
    for cluster in clusters { try await fleet.cluster(cluster).start() }
    try await fleet.allOnline()
    tell("enrolled with a join token each, and connected: \(counted(clusters.count, "agent"))")
    return clusters
  }

  private func rollOut(_ repository: WorkingRepository) async throws {
    scene("A commit rolls out: dev, then staging, then prod in waves after an approval")
    let commit = try await change(repository, from: "1.4.0", to: "1.5.0", in: ["dev", "staging", "prod"])
    try await eventually("dev and staging run 1.5.0 and prod waits") {
      try await self.stage("prod", ofRolloutFor: commit)?.state == .awaitingBefore
    }
    try expectImage("1.5.0", on: ["dev-1", "dev-2", "staging-1"])
    try expectImage("1.4.0", on: ["prod-eu-1", "prod-eu-2", "prod-us-1"])
    tell("dev and staging run 1.5.0; prod still runs 1.4.0 and waits for an approval")
    try await approve("webshop")
    tell("approved as the operator")
    try await eventually("prod's canary runs 1.5.0 before the others") {
      self.image(on: "prod-eu-1") == "1.5.0"
    }
    if image(on: "prod-us-1") == "1.4.0" { tell("the canary prod-eu-1 runs 1.5.0; the others still run 1.4.0") }
    try await succeeded("webshop", commit)
    try expectImage("1.5.0", on: ["prod-eu-1", "prod-eu-2", "prod-us-1"])
    try await checkWaves(commit)
    tell("all of prod runs 1.5.0")
  }

  /// The canary of prod must have soaked before the others were offered anything.
  private func checkWaves(_ commit: String) async throws {
    guard let prod = try await stage("prod", ofRolloutFor: commit) else {
      throw FleetError(.localFleet, "the rollout has no stage prod")
    }
    let soaked = Dictionary(prod.clusters.map { ($0.name, $0.changedUnixMs) }, uniquingKeysWith: { $1 })
    guard let canary = soaked["prod-eu-1"], let second = soaked["prod-us-1"], canary < second else {
      throw FleetError(.localFleet, "prod did not go in waves", at: .init(app: "webshop"))
    }
  }

  private func stopABadImage(_ repository: WorkingRepository) async throws {
    scene("A commit with a bad image fails on its canary in dev and goes no further")
    let bad = try await change(repository, from: "1.5.0", to: "broken", in: ["dev", "staging", "prod"])
    try await eventually("the rollout failed") {
      try await self.rollout("webshop", bad)?.rollout?.state == .failed
    }
    let reason = try await rollout("webshop", bad)?.stages.flatMap(\.clusters).first { $0.state == .failed }?.reason
    try expectImage("broken", on: ["dev-1"])
    try expectImage("1.5.0", on: ["dev-2", "staging-1", "prod-eu-1", "prod-eu-2", "prod-us-1"])
    tell("halted: \(reason ?? "the canary failed")")
    tell("dev-2, staging and prod still run 1.5.0")

    scene("git revert mends it")
    let fix = try repository.revert()
    try await eventually("dev-1 runs 1.5.0 again") { self.image(on: "dev-1") == "1.5.0" }
    try await succeeded("webshop", fix)
    tell("dev-1 runs 1.5.0 again; nothing else had to move")
  }

  private func healAnEdit() async throws {
    scene("Somebody edits a file in prod by hand")
    try edit("prod-eu-1")
    tell("edited the Service of webshop on prod-eu-1")
    try await eventually("the edit is healed") { try !self.isEdited("prod-eu-1") }
    tell("the agent has put it back")
    try await eventually("the hub knows of the drift") {
      try await self.fleet.ask { try await $0.listEvents(.init()) }.events.contains { $0.action == "DriftHealed" }
    }
    tell("and told the hub")
  }

  private func goOnWithoutTheHub() async throws {
    scene("The hub is stopped; an edit is healed without it; the hub comes back")
    try await fleet.hub.stop()
    tell("the hub is stopped")
    try edit("prod-us-1")
    try await eventually("the edit is healed without the hub") { try !self.isEdited("prod-us-1") }
    tell("an edit on prod-us-1 was healed meanwhile")
    try fleet.startHub()
    try await fleet.allOnline()
    tell("the hub is back, and all agents are connected again")
  }

  private func refuseATamperedBlob(_ repository: WorkingRepository) async throws {
    scene("One byte of a blob is flipped in the hub's store; the agent refuses it")
    let before = Set(try blobs())
    // The agent is faster than this program: it would have pulled before the byte is flipped.
    let agent = try fleet.cluster("staging-1").agent
    agent.suspend()
    defer { agent.resume() }
    let commit = try await change(repository, from: "1.5.0", to: "1.6.0", in: ["staging"])
    try await eventually("the hub has published the change for staging-1") {
      try await self.stage("staging", ofRolloutFor: commit)?.clusters.first?.state == .offered
    }
    let flipped = try blobs().filter { !before.contains($0) }
    for blob in flipped { try flipAByte(of: blob) }
    agent.resume()
    tell("flipped a byte in \(counted(flipped.count, "new blob"))")
    try await eventually("staging-1 refuses the bundle") {
      try await self.fleet.ask { try await $0.listEvents(.init()) }.events.contains { $0.action == "BundleRefused" }
    }
    try expectImage("1.5.0", on: ["staging-1"])
    let state = try await rollout("webshop", commit)?.stages.first { $0.name == "staging" }
    tell("staging-1 refused it and goes on with 1.5.0; the stage: \(state.map { "\($0.state)" } ?? "unknown")")
  }

  // MARK: An own repository

  func runOwnRepository(_ url: String) async throws {
    scene("A hub and an agent per cluster on \(url)")
    let source = url.contains("://") ? url : "file://\(URL(filePath: url).standardizedFileURL.path)"
    let name = try fleetName(of: source)
    let clusters = try await startAll(
      try LocalFleet(on: machine, repository: source, fleet: name, reference: "HEAD"))
    tell("\(counted(clusters.count, "cluster")); rollouts go as the repository's pipelines say")
    try await followRollouts()
  }

  /// Longer than the soaks and deadlines that a fleet of people would watch.
  private static let patience: Duration = .seconds(3600)

  /// Tells what becomes of every app until each has come to its end, or waits for a person.
  private func followRollouts() async throws {
    var told: [String: String] = [:]
    try await eventually("every app is through, or waits for an approval", within: DemoStory.patience) {
      let apps = try await self.fleet.ask { try await $0.listApps(.init()) }.apps
      var isOver = true
      for app in apps {
        let (news, isDone) = DemoStory.standing(of: app)
        isOver = isOver && isDone
        if told[app.name] != news { self.tell("\(app.name): \(news)") }
        told[app.name] = news
      }
      return isOver
    }
  }

  private static func standing(of app: FlotillaV1.App) -> (news: String, isDone: Bool) {
    if let error = app.error { return ("does not render: \(FleetError(error))", true) }
    guard let rollout = app.rollout else { return ("concerns no cluster yet", app.clusters == 0) }
    let reason = rollout.reason.isEmpty ? "" : ": \(rollout.reason)"
    switch rollout.state {
    case .succeeded: return ("succeeded on \(rollout.clustersChanged) of \(app.clusters)", true)
    case .failed: return ("failed\(reason)", true)
    default:
      let waits = rollout.stageState == .awaitingBefore
      return (waits ? "stage \(rollout.stage) waits for an approval" : "rolls out, stage \(rollout.stage)", waits)
    }
  }

  private func fleetName(of url: String) throws -> String {
    let folder = "\(machine.directory)/look"
    _ = try LocalProcess.run("git", ["clone", "--quiet", "--depth", "1", url, folder])
    let repository = FleetRepository.read(from: FolderTree(folder))
    guard let fleet = repository.fleet else {
      throw repository.errors.first ?? FleetError(.localFleet, "the repository declares no fleet")
    }
    return fleet.name
  }

  func sayHowToLookAround() throws {
    StandardStreams.print(
      """

      Everything keeps running until you press Ctrl-C. To look around, in another terminal:
        export FLOTILLA_OPERATOR=\(try fleet.operatorFile)
        flotilla get clusters; flotilla get apps; flotilla get rollouts; flotilla events --follow
      The repository is \(machine.directory)/repository, the clusters' folders are in \(machine.directory)/clusters.
      """)
  }
}

// MARK: - Looking and doing

extension DemoStory {
  private func change(
    _ repository: WorkingRepository, from old: String, to new: String, in overlays: [String]
  ) async throws -> String {
    for overlay in overlays {
      try repository.replace(
        "\"\(old)\"", with: "\"\(new)\"", in: "apps/webshop/overlays/\(overlay)/kustomization.yaml")
    }
    let commit = try repository.commit("webshop \(new)")
    tell("committed \(commit.prefix(8)): webshop \(new)")
    return commit
  }

  private func rollout(_ app: String, _ commit: String) async throws -> FlotillaV1.RolloutDetail? {
    let detail = try await fleet.ask { try await $0.getRollout(.init(which: .app(app))) }.rollout
    return detail?.rollout?.commit?.id == commit ? detail : nil
  }

  private func stage(_ name: String, ofRolloutFor commit: String) async throws -> FlotillaV1.RolloutStage? {
    try await rollout("webshop", commit)?.stages.first { $0.name == name }
  }

  private func succeeded(_ app: String, _ commit: String) async throws {
    try await eventually("the rollout of \(app) succeeded", within: .seconds(60)) {
      guard let detail = try await self.rollout(app, commit) else { return false }
      if detail.stages.contains(where: { $0.state == .awaitingBefore }) { try await self.approve(app) }
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

  /// Approves what waits until these apps are through all stages.
  private func approveUntilDone(_ apps: [String]) async throws {
    try await eventually("the first releases are through", within: .seconds(60)) {
      var done = true
      for app in apps {
        guard let detail = try await self.fleet.ask({ try await $0.getRollout(.init(which: .app(app))) }).rollout else {
          return false
        }
        if detail.stages.contains(where: { $0.state == .awaitingBefore }) { try await self.approve(app) }
        done = done && detail.rollout?.state == .succeeded
      }
      return done
    }
  }

  private func allHealthy(_ clusters: [String]) async throws {
    try await eventually("all apps of all clusters are synced and healthy", within: .seconds(60)) {
      let shown = try await self.fleet.ask { try await $0.listClusters(.init()) }.clusters
      return shown.count == clusters.count
        && shown.allSatisfy { $0.apps == 5 && $0.appsHealthy == 5 && $0.appsSynced == 5 }
    }
  }

  /// The tag of the shop's image in a cluster's folder.
  private func image(on cluster: String) -> String? {
    guard let text = running?.cluster(cluster).file("webshop/apps_Deployment_shop_web.yaml"),
      let match = text.firstMatch(of: /image: registry\.acme\.test\/shop:(\S+)/)
    else { return nil }
    return String(match.1)
  }

  private func expectImage(_ tag: String, on clusters: [String]) throws {
    for cluster in clusters where image(on: cluster) != tag {
      throw FleetError(
        .localFleet, "webshop is \(image(on: cluster) ?? "not there") where \(tag) was expected",
        at: .init(cluster: cluster))
    }
  }

  private func service(on cluster: String) throws -> String {
    "\(try fleet.cluster(cluster).manifests)/webshop/_Service_shop_web.yaml"
  }

  private func edit(_ cluster: String) throws {
    let path = try service(on: cluster)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacingOccurrences(of: "port: 80\n", with: "port: 8080\n")
      .write(toFile: path, atomically: false, encoding: .utf8)
    guard try isEdited(cluster) else {
      throw FleetError(.localFleet, "the edit is not in the file", at: .init(file: path))
    }
  }

  private func isEdited(_ cluster: String) throws -> Bool {
    try String(contentsOfFile: try service(on: cluster), encoding: .utf8).contains("port: 8080\n")
  }

  private func blobs() throws -> [String] {
    let enumerator = FileManager.default.enumerator(atPath: try fleet.blobs)
    return (enumerator?.compactMap { $0 as? String } ?? []).filter { name in
      name.split(separator: "/").last.map { $0.count >= 60 } ?? false
    }
  }

  private func flipAByte(of blob: String) throws {
    let path = "\(try fleet.blobs)/\(blob)"
    var bytes = try Data(contentsOf: URL(filePath: path))
    guard !bytes.isEmpty else { return }
    bytes[bytes.startIndex + bytes.count / 2] ^= 1
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    try file.write(contentsOf: bytes)
  }
}
