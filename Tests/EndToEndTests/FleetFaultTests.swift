import Foundation
import LocalFleet
import RolloutEngine
import TestSupport
import Testing
import Wire

@Suite("Whatever happens to a fleet, in the end every cluster has what it should", .serialized)
struct FleetFaultTests {
  /// How many agents; `FLOTILLA_AGENTS` says how many more.
  static let agents = ProcessInfo.processInfo.environment["FLOTILLA_AGENTS"].flatMap(Int.init) ?? 12
  /// How many things happen to them.
  static let faults = ProcessInfo.processInfo.environment["FLOTILLA_FAULTS"].flatMap(Int.init) ?? 40

  @Test(
    "releases, good and broken, while agents and the hub are killed, stopped, cut off, and folders edited by hand",
    .timeLimit(.minutes(60)))
  func faults() async throws {
    var dice = Randomness("what happens to a fleet of \(Self.agents)")
    let link = try Link()
    try await link.open()
    try await Stage.with(WideFleet.sample(Self.agents), link: link) { stage in
      var run = FaultRun(stage: stage, link: link, seed: dice.seed)
      do {
        try await run.start()
        try await run.meanwhile { run in
          for number in 1...Self.faults { try await run.happen(number, &dice) }
        }
        try await run.converge()
        try await run.holdBack()
        try await run.end()
      } catch {
        throw StageFailure(description: "seed \(dice.seed), \(run.summary): \(error)")
      }
      print("\(run.summary), seed \(dice.seed)")
    }
    await link.cut()
  }
}

/// A fleet, and what happens to it.
private struct FaultRun {
  let stage: Stage
  let link: Link
  let person: RandomOperator
  let stored = StoredRollouts(holdingRules: true)
  let began = ContinuousClock.now
  /// Agents that are not there, and agents that stand still.
  var away: Set<String> = []
  var still: Set<String> = []
  var happened: [String: Int] = [:]
  var number = 0
  var memory = ""

  init(stage: Stage, link: Link, seed: UInt64) {
    self.stage = stage
    self.link = link
    person = RandomOperator(
      stage.fleet, apps: WideFleet.apps, environments: WideFleet.environments, meddles: false, seed: seed &+ 1)
  }

  private var names: [String] { stage.sample.clusters.map(\.name) }

  func start() async throws {
    // A few at once: each brings two processes up.
    let (stage, names) = (stage, names)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for part in 0..<4 {
        let mine = names.enumerated().filter { $0.offset % 4 == part }.map(\.element)
        group.addTask { try await stage.startClusters(mine) }
      }
      try await group.waitForAll()
    }
    try await stage.fleet.allOnline()
  }

  /// Has somebody let rollouts go on as long as the body takes.
  mutating func meanwhile(_ body: (inout FaultRun) async throws -> Void) async throws {
    let person = person
    let work = Task { await person.run() }
    do {
      try await body(&self)
    } catch {
      work.cancel()
      await work.value
      throw error
    }
    work.cancel()
    await work.value
  }

  // MARK: What happens

  mutating func happen(_ number: Int, _ dice: inout Randomness) async throws {
    self.number = number
    let name = names[Int.random(in: 0..<names.count, using: &dice)]
    let what = try await fault(Int.random(in: 0..<16, using: &dice), on: name, &dice)
    happened[what, default: 0] += 1
    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<1000, using: &dice)))
  }

  private mutating func fault(_ kind: Int, on name: String, _ dice: inout Randomness) async throws -> String {
    let cluster = stage.fleet.cluster(name)
    switch kind {
    case 0...3: return try commit(&dice)
    case 4, 5: return try edit(cluster, &dice)
    case 6, 7:
      try cluster.agent.kill()
      if !away.contains(name) { try cluster.startAgent() }
      still.remove(name)
      return "agent killed"
    case 8:
      try cluster.agent.kill()
      still.remove(name)
      away.insert(name)
      return "agent gone"
    case 9, 10:
      guard !away.contains(name) else { return "nothing" }
      try cluster.agent.suspend()
      still.insert(name)
      return "agent stopped"
    case 11: return try comeBack()
    case 12:
      await link.hiccup(using: &dice)
      return "connections cut"
    // So many fall silent at once that rollouts stand for a while: not too often.
    case 13 where Bool.random(using: &dice):
      await link.cut()
      try await Task.sleep(for: .milliseconds(Int.random(in: 0..<3000, using: &dice)))
      try await link.open()
      return "link cut"
    case 14 where Bool.random(using: &dice):
      try stage.fleet.hub.kill()
      try stage.fleet.startHub()
      return "hub killed"
    default: return try comeBack()
    }
  }

  private func commit(_ dice: inout Randomness) throws -> String {
    let app = WideFleet.apps[Int.random(in: 0..<WideFleet.apps.count, using: &dice)]
    let luck = Int.random(in: 0..<10, using: &dice)
    let quality: WideFleet.Quality = luck == 0 ? .broken : luck < 4 ? .brokenSomewhere : .good
    try WideFleet.release(number, of: app, quality, in: stage)
    return "release, \(quality)"
  }

  /// Somebody changes, empties or deletes a file of a cluster.
  private func edit(_ cluster: LocalCluster, _ dice: inout Randomness) throws -> String {
    let files = Stage.files(below: cluster.manifests).filter { $0.hasSuffix(".yaml") }
    guard !files.isEmpty else { return "nothing" }
    let file = "\(cluster.manifests)/\(files[Int.random(in: 0..<files.count, using: &dice)])"
    switch Int.random(in: 0..<3, using: &dice) {
    // The agent may be replacing it.
    case 0: try? FileManager.default.removeItem(atPath: file)
    case 1: try? "edited: by hand\n".write(toFile: file, atomically: false, encoding: .utf8)
    default: try? "".write(toFile: file, atomically: false, encoding: .utf8)
    }
    return "file edited"
  }

  /// Agents that were away are there again, and those that stood still go on.
  private mutating func comeBack() throws -> String {
    for name in still { try stage.fleet.cluster(name).agent.resume() }
    for name in away { try stage.fleet.cluster(name).startAgent() }
    (still, away) = ([], [])
    return "agents come back"
  }

  // MARK: The end of it

  /// With everybody back every app comes to its end everywhere, whatever went before.
  mutating func converge() async throws {
    _ = try comeBack()
    try await link.open()
    try await settle()
  }

  private mutating func settle() async throws {
    for app in WideFleet.apps {
      number += 1
      try WideFleet.release(number, of: app, .good, in: stage)
    }
    let head = try stage.head()
    try await eventually("every rollout is through", within: .seconds(300), every: .milliseconds(300)) {
      try await person.clearTheWay()
      for app in WideFleet.apps {
        let shown = try await stage.fleet.ask { try await $0.getApp(.init(name: app)) }.app
        guard let shown, let rollout = shown.rollout, rollout.state == .succeeded, shown.holds.isEmpty,
          shown.queued == nil, try stage.commits(since: app, head).contains(rollout.commit?.id ?? "")
        else { return false }
      }
      return true
    }
    try await calm()
  }

  /// Every folder holds what Git asks for, and the hub knows.
  private func calm(_ wanted: [String: [String: [UInt8]]]? = nil) async throws {
    let wanted = try wanted ?? stage.renderedFiles()
    var restless: [String] = []
    do {
      try await eventually("every cluster has what it should", within: .seconds(180), every: .milliseconds(300)) {
        restless = try await stage.restless()
        return restless.isEmpty && stage.differences(from: wanted).isEmpty
      }
    } catch {
      throw StageFailure(description: "\(error): \(stage.differences(from: wanted).prefix(20)) \(restless.prefix(5))")
    }
  }

  /// What breaks is taken back and held: clusters keep what they had, until a fix comes.
  mutating func holdBack() async throws {
    let before = try stage.renderedFiles()
    number += 1
    let broken = try WideFleet.release(number, of: "web", .broken, in: stage)
    try await eventually("the broken release is rolled back", within: .seconds(120)) {
      let rollout = try await stage.rollout()?.rollout
      return rollout?.commit?.id == broken && rollout?.state == .rolledBack
    }
    try await calm(before)
    let app = try await stage.fleet.ask { try await $0.getApp(.init(name: "web")) }.app
    #expect(app?.holds.count == 1 && app?.holds.first?.automatic == true, "\(app?.holds ?? [])")
    memory = try residents()
    try await settle()
  }

  /// What a hub that has ended leaves: a log by which no limit was ever exceeded, and nothing half done.
  func end() async throws {
    for name in names { #expect(try stage.fleet.cluster(name).agent.isRunning, "the agent of \(name) ended by itself") }
    try await stage.checkHubFiles()
    let hub = "\(stage.machine.directory)/hub"
    try await stored.check(hub)
    try stored.checkAgents(of: stage)
    try stored.checkDone(person.done)
    try await stored.replayAll(hub)
    #expect(stored.unpublished == 0)
    for name in names {
      let unfinished = Stage.files(below: stage.fleet.cluster(name).state).filter { $0.contains("tmp") }
      #expect(unfinished.isEmpty, "\(name): \(unfinished)")
    }
  }

  /// What the processes have in memory.
  private func residents() throws -> String {
    func resident(_ process: LocalProcess) -> Int {
      let status = (try? String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)) ?? ""
      return status.firstMatch(of: /VmRSS:\s+(\d+)/).flatMap { Int($0.1) }.map { $0 / 1024 } ?? 0
    }
    let agents = try names.map { resident(try stage.fleet.cluster($0).agent) }
    return
      "\(agents.reduce(0, +)) MB in agents (\(agents.max() ?? 0) the largest), \(try resident(stage.fleet.hub)) MB in the hub"
  }

  var summary: String {
    let things = happened.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
    return """
      \(names.count) agents, \(things.joined(separator: ", ")); \((ContinuousClock.now - began).components.seconds) s; \
      \(stored.engine.number) entries and \(stored.transitions) transitions held against the rules, \
      \(person.done.count) acts of an operator; \(memory)
      """
  }
}
