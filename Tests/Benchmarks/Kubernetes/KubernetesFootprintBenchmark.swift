import Foundation
import LocalFleet

/// What an agent takes of a small cluster: memory, processor and requests.
enum KubernetesFootprintBenchmark: Benchmark {
  static let name = "kubernetes-footprint"
  static let summary = "the agent with 0, 1,000 and 5,000 managed objects, idle and in one full check after another"
  /// Long enough for what was only needed for applying to have been given back.
  private static let settling: Duration = .seconds(10)
  private static let idle: Duration = .seconds(60)
  private static let busy: Duration = .seconds(20)

  static func run() async throws {
    for kind in MeasuredServer.measured {
      for count in [0, 1_000, 5_000] {
        try await MeasuredServer.with(kind) { server in
          if count == 0 { Row.print("on \(try await server.version())", "") }
          try await MeasuredFleet.with(server, namespaces: ["agent"]) { fleet in
            let apps = (0..<(count / 1_000)).map { ("load-\($0)", part($0)) }
            if !apps.isEmpty { try fleet.commit(Dictionary(uniqueKeysWithValues: apps)) }
            try await fleet.healthy(apps: 1 + apps.count)
            Row.print("\(count) objects", "")
            try await measureIdle(fleet)
            try await measureBusy(fleet)
          }
        }
      }
    }
  }

  private static func part(_ number: Int) -> String {
    SampleObjects.plain(1_000, in: "agent").replacingOccurrences(of: "name: object-", with: "name: object-\(number)-")
  }

  private static func measureIdle(_ fleet: MeasuredFleet) async throws {
    try await Task.sleep(for: settling)
    let process = try fleet.cluster.agent.identifier
    let requests = try await fleet.server.requests(of: "flotilla-agent")
    let time = try ProcessorTime(of: process).seconds
    try await Task.sleep(for: idle)
    let used = try ProcessorTime(of: process).seconds - time
    let memory = try Memory(of: process)
    let made = try await fleet.server.requests(of: "flotilla-agent") - requests
    Row.print(
      "  idle: resident (VmRSS)",
      "\(Row.megabytes(memory.counted))   (with swap \(Row.megabytes(memory.resident)), at most "
        + "\(Row.megabytes(memory.highest)))")
    Row.print("  idle: allocated, program", "\(Row.megabytes(memory.allocated)) \(Row.megabytes(memory.program))")
    Row.print("  idle: processor", String(format: "%8.2f %% of a core", used / idle.seconds * 100))
    Row.print("  idle: requests in a minute", "       \(made.description)")
  }

  /// With a full check a second, the shortest that can be set.
  private static func measureBusy(_ fleet: MeasuredFleet) async throws {
    let began = try await fleet.restartAgent(["--full-check-interval", "1s", "--log-level", "debug"])
    _ = try await fleet.line(["every app was compared"], since: began)
    let process = try fleet.cluster.agent.identifier
    try await Task.sleep(for: .seconds(3))
    let (start, time) = (Date.now, try ProcessorTime(of: process).seconds)
    try await Task.sleep(for: busy)
    let used = try ProcessorTime(of: process).seconds - time
    let passes = try fleet.agentLog(since: start).count { $0.text.contains("every app was compared") }
    let memory = try Memory(of: process)
    Row.print("  resync: resident", "\(Row.megabytes(memory.resident))   (at most \(Row.megabytes(memory.highest)))")
    Row.print("  resync: processor", Row.milliseconds(used * 1000 / Double(max(passes, 1))) + " a pass")
  }
}

/// What a process has used of processors (proc(5): stat).
struct ProcessorTime {
  var seconds = 0.0

  init(of process: Int32) throws {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The program's name, in brackets, may hold anything.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return }
    seconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
}
