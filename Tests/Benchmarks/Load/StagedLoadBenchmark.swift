import Foundation
import LocalFleet

/// KubeFleet's published case: stages of 20, 30 and 50 clusters, half of a stage at once, nothing waited for between.
enum StagedLoad {
  static let stages = [
    LoadedFleet.Stage(environment: "staging", clusters: 20, maxConcurrent: "50%"),
    LoadedFleet.Stage(environment: "canary", clusters: 30, maxConcurrent: "50%"),
    LoadedFleet.Stage(environment: "prod", clusters: 50, maxConcurrent: "50%"),
  ]

  static var rounds: Int { Int(ProcessInfo.processInfo.environment["FLOTILLA_BENCH_ROUNDS"] ?? "") ?? 20 }

  /// Commits again and again, and shows how long it took each time until all were healthy.
  static func measure(_ loaded: LoadedFleet, apps: Range<Int>, rounds: Int) async throws {
    var times: [Double] = []
    let hub = try loaded.fleet.hub.identifier
    let busy = try ProcessorTime(of: hub).seconds
    for round in 1...rounds {
      let committed = try loaded.release("2.\(round)", apps: apps)
      let ended = try await loaded.succeeded(apps.count, after: committed)
      times.append(ended.timeIntervalSince(committed.time) * 1000)
      try await Task.sleep(for: .seconds(1))
    }
    LoadRow.print("  commit to all healthy", times)
    let used = try ProcessorTime(of: hub).seconds - busy
    Row.print("  the hub's processor time", Row.milliseconds(used / Double(rounds) * 1000) + " a commit")
  }
}

enum StagedLoadBenchmark: Benchmark {
  static let name = "load-stages"
  static let summary = "one app through stages of 20, 30 and 50 clusters, half of a stage at once, no gates but health"

  static func run() async throws {
    for isReal in [false, true] {
      try await LoadedFleet.with(StagedLoad.stages) { loaded in
        if isReal { try await loaded.startReal() } else { try await loaded.startSimulated() }
        Row.print(isReal ? "100 agents, a process each, and their machines" : "100 simulated agents", "")
        try await StagedLoad.measure(loaded, apps: 0..<1, rounds: StagedLoad.rounds)
      }
    }
  }
}

enum ParallelLoadBenchmark: Benchmark {
  static let name = "load-parallel"
  static let summary = "the same with 100 apps changed by one commit, on simulated agents"
  private static let apps = 100

  static func run() async throws {
    try await LoadedFleet.with(StagedLoad.stages, apps: apps) { loaded in
      try await loaded.startSimulated()
      try await StagedLoad.measure(loaded, apps: 0..<apps, rounds: max(1, StagedLoad.rounds / 4))
    }
  }
}
