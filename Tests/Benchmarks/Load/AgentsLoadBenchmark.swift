import Foundation
import LocalFleet

/// Many simulated agents on one hub: what they cost it, how fast a commit is everywhere, and a restart of the hub.
enum AgentsLoadBenchmark: Benchmark {
  static let name = "load-agents"
  static let summary = "1,000 and 10,000 simulated agents (FLOTILLA_BENCH_AGENTS) over mTLS, one app, one stage at once"
  private static let idle: Duration = .seconds(60)
  private static let settling: Duration = .seconds(15)

  private static var counts: [Int] {
    let wanted = ProcessInfo.processInfo.environment["FLOTILLA_BENCH_AGENTS"] ?? ""
    return Int(wanted).map { [$0] } ?? [1_000, 10_000]
  }

  static func run() async throws {
    for count in counts {
      try await LoadedFleet.with([.init(environment: "prod", clusters: count)]) { loaded in
        Row.print("\(count) agents", "")
        let began = Date.now
        try await loaded.startSimulated()
        Row.print("  from none to all enrolled and in step", Row.milliseconds(Date.now.timeIntervalSince(began) * 1000))
        try await measureIdle(loaded)
        try await measureRollouts(loaded)
        try await measureRestart(loaded)
      }
    }
  }

  private static func measureIdle(_ loaded: LoadedFleet) async throws {
    try await Task.sleep(for: settling)
    let hub = try loaded.fleet.hub.identifier
    let time = try ProcessorTime(of: hub).seconds
    try await Task.sleep(for: idle)
    let used = try ProcessorTime(of: hub).seconds - time
    show(try Memory(of: hub), "idle", of: loaded)
    Row.print("  idle: the hub's processor", String(format: "%8.2f %% of a core", used / idle.seconds * 100))
    let load = try Memory(of: try loaded.machine.process("load").identifier)
    Row.print("  idle: flotilla-load, resident", Row.megabytes(load.counted))
  }

  private static func show(_ memory: Memory, _ when: String, of loaded: LoadedFleet) {
    let each = Double(memory.counted) / Double(loaded.clusterCount)
    Row.print(
      "  \(when): the hub, resident (VmRSS)",
      Row.megabytes(memory.counted) + String(format: ", %.0f KB an agent, ", each)
        + "at most \(Row.megabytes(memory.highest))")
  }

  private static func measureRollouts(_ loaded: LoadedFleet) async throws {
    let names = try names(loaded)
    let hub = try loaded.fleet.hub.identifier
    var (timeline, ends) = (LoadTimeline(), [Double]())
    let rounds = max(3, StagedLoad.rounds / (loaded.clusterCount > 5_000 ? 4 : 1))
    let time = try ProcessorTime(of: hub).seconds
    for round in 1...rounds {
      let committed = try loaded.release("2.\(round)", apps: 0..<1)
      let ended = try await loaded.succeeded(1, after: committed)
      ends.append(ended.timeIntervalSince(committed.time) * 1000)
      try await Task.sleep(for: .seconds(2))
      timeline.add(
        committed: committed.time, hub: try loaded.hubLines(after: committed.hubLog),
        load: try loaded.loadLines(after: committed.loadLog), names: names)
    }
    let used = try ProcessorTime(of: hub).seconds - time
    timeline.show()
    LoadRow.print("  commit to all healthy, as the hub knows", ends)
    Row.print("  the hub's processor time", Row.milliseconds(used / Double(rounds) * 1000) + " a commit")
    show(try Memory(of: hub), "after \(rounds) rollouts", of: loaded)
  }

  private static func names(_ loaded: LoadedFleet) throws -> [String: String] {
    let lines = try loaded.loadLines(after: LogMark()).filter { $0.event == "enrolled" }
    return Dictionary(lines.map { ($0.text("uid"), $0.cluster) }, uniquingKeysWith: { $1 })
  }

  private static func measureRestart(_ loaded: LoadedFleet) async throws {
    let mark = try loaded.mark("load")
    try loaded.fleet.hub.kill()
    let began = Date.now
    try loaded.fleet.startHub()
    // The first line may still count agents that have not noticed.
    var wereFewer = false
    let connected = try await loaded.summary(after: mark, "all agents are connected again") { line in
      wereFewer = wereFewer || !loaded.isConnected(line)
      return wereFewer && loaded.isConnected(line)
    }
    wereFewer = false
    let ended = try await loaded.summary(after: mark, "all agents are in step again") { line in
      wereFewer = wereFewer || !loaded.isConnected(line)
      return wereFewer && loaded.isInStep(line)
    }
    for (what, instant) in [("connected", connected), ("in step", ended)] {
      let time = instant.timeIntervalSince(began) * 1000
      Row.print("  hub killed and started: all \(what)", Row.milliseconds(time))
    }
    let hub = try loaded.fleet.hub.identifier
    Row.print("  the hub's processor time since", Row.milliseconds(try ProcessorTime(of: hub).seconds * 1000))
    show(try Memory(of: hub), "after the restart", of: loaded)
    try await Task.sleep(for: idle)
    show(try Memory(of: hub), "a minute later", of: loaded)
  }
}
