import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("What lasts on the command line", .serialized, .timeLimit(.minutes(10)))
struct WatchCommandTests {
  private static let program = "\(Stage.programs)/flotilla"

  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> ProgramResult {
    try runProgram(Self.program, arguments + ["--operator", stage.fleet.operatorFile])
  }

  private func start(_ stage: Stage, to output: FileHandle, _ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: Self.program)
    process.arguments = arguments + ["--operator", stage.fleet.operatorFile]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    return process
  }

  /// A rollout that ends by itself, seen by a program that has shown something of it before.
  private func watched(
    _ stage: Stage, to output: FileHandle, _ arguments: [String] = [], hasBegun: () throws -> Bool
  ) async throws -> Int32 {
    let process = try start(stage, to: output, ["rollout", "watch", "web"] + arguments)
    try await eventually("the watch has begun") { try hasBegun() }
    try stage.fleet.cluster("prod-1").agent.resume()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static func isWritten(_ file: String) throws -> Bool {
    !(try String(contentsOfFile: file, encoding: .utf8).isEmpty)
  }

  /// dev has the second release, and prod is stopped.
  private func withRolloutUnderWay(_ body: (Stage) async throws -> Void) async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try stage.fleet.cluster("prod-1").agent.suspend()
      try stage.release("2.0")
      try await eventually("prod has its turn") {
        let rollout = try await stage.rollout()
        return rollout?.rollout?.commit?.id == (try stage.head()) && rollout?.stages.last?.state == .rolling
      }
      try await body(stage)
      try stage.fleet.cluster("prod-1").agent.resume()
    }
  }

  @Test("a rollout that is watched through a pipe is a line for each change, and its end is the exit status")
  func plain() async throws {
    try await withRolloutUnderWay { stage in
      let file = "\(stage.machine.directory)/watch.txt"
      #expect(FileManager.default.createFile(atPath: file, contents: nil))
      let output = try #require(FileHandle(forWritingAtPath: file))
      let id = try #require(try await stage.rollout()?.rollout?.id)
      #expect(try await watched(stage, to: output) { try Self.isWritten(file) } == 0)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let lines = text.split(separator: "\n").map {
        $0.split(separator: "  ", maxSplits: 1).last.map(String.init) ?? ""
      }
      #expect(lines.first?.hasPrefix("rollout \(id) is running: ") == true, "\(text)")
      #expect(lines.contains { $0.hasPrefix("dev/dev-1 is soaked: ") }, "\(text)")
      #expect(lines.contains { $0.hasPrefix("prod/prod-1 is soaked: ") }, "\(text)")
      #expect(lines.contains { $0.hasPrefix("rollout \(id) is succeeded: ") }, "\(text)")
      #expect(!text.contains("\u{1B}"))
    }
  }

  @Test("for programs each change is one object on a line, with what `rollout status` says of the same")
  func json() async throws {
    try await withRolloutUnderWay { stage in
      let file = "\(stage.machine.directory)/watch.jsonl"
      #expect(FileManager.default.createFile(atPath: file, contents: nil))
      let output = try #require(FileHandle(forWritingAtPath: file))
      let id = try #require(try await stage.rollout()?.rollout?.id)
      #expect(try await watched(stage, to: output, ["-o", "json"]) { try Self.isWritten(file) } == 0)
      let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      let changes = try lines.map { try JSON.parse(Array($0.utf8), file: "watch") }
      #expect(changes.allSatisfy { $0["rollout"]?.string == id && $0["app"] == "web" && $0["time"]?.string != nil })
      #expect(changes.first?["kind"] == "rollout" && changes.first?["state"] == "running", "\(changes)")
      let soaked = changes.first { $0["cluster"] == "prod-1" && $0["state"] == "soaked" }
      #expect(soaked?["kind"] == "cluster" && soaked?["stage"] == "prod" && soaked?["value"]?["name"] == "prod-1")
      let stages = changes.filter { $0["kind"] == "stage" && $0["stage"] == "prod" }
      #expect(stages.last?["state"] == "succeeded" && stages.last?["value"]?["counts"]?["soaked"] == 1, "\(stages)")
      #expect(changes.last { $0["kind"] == "rollout" }?["value"]?["state"] == "succeeded", "\(changes)")
    }
  }

  @Test("on a terminal it is drawn again in place, with a bar for each stage")
  func terminal() async throws {
    try await withRolloutUnderWay { stage in
      let terminal = try PseudoTerminal()
      #expect(try await watched(stage, to: terminal.handle) { terminal.hasOutput } == 0)
      let text = try terminal.rest()
      #expect(text.contains("\u{1B}["), "\(text)")
      let bars = text.split(whereSeparator: \.isNewline).filter { $0.contains("████████████████████████  1/1") }
      #expect(bars.contains { $0.hasPrefix("dev") } && bars.contains { $0.hasPrefix("prod") }, "\(text)")
    }
  }

  @Test("a rollout that does not succeed ends the watch with 1, and a wait for it is hopeless")
  func aborted() async throws {
    try await withRolloutUnderWay { stage in
      #expect(try flotilla(stage, "rollout", "abort", "web", "-m", "enough").status == 0)
      let watch = try flotilla(stage, "rollout", "watch", "web")
      #expect(watch.status == 1 && watch.text.contains("is aborted: aborted by operator/admin: enough"), "\(watch)")
      let wait = try flotilla(stage, "wait", "--for", "rollout=Succeeded", "web")
      #expect(
        wait.status == 1 && wait.text.hasPrefix("hopeless: rollout web-") && wait.text.contains(" is Aborted: "),
        "\(wait)")
      #expect(try flotilla(stage, "wait", "--for", "rollout=aborted", "web").status == 0)
    }
  }

  @Test("waiting ends with 0 when it is so, with 1 when the time is over, with 2 when nobody can say")
  func waiting() async throws {
    try await withRolloutUnderWay { stage in
      let commit = try stage.head()
      let late = try flotilla(stage, "wait", "--commit", commit, "--timeout", "5s")
      #expect(late.status == 1 && late.text.contains(/not so after 5s: web-\d+ is Running/), "\(late)")
      let silent = try flotilla(stage, "wait", "--for", "healthy", "web", "--timeout", "1s", "-q")
      #expect(silent.status == 1 && silent.text.split(separator: "\n").count == 1, "\(silent)")
      try stage.fleet.cluster("prod-1").agent.resume()
      let released = try flotilla(stage, "wait", "--commit", String(commit.prefix(8)))
      #expect(released.status == 0 && released.text.contains("is rolled out"), "\(released)")
      #expect(try flotilla(stage, "wait", "--for", "healthy", "web").status == 0)
      #expect(try flotilla(stage, "wait", "--for", "healthy", "dev-1").status == 0)
      #expect(try flotilla(stage, "wait", "--for", "online", "cluster/prod-1").status == 0)
      #expect(try flotilla(stage, "wait", "--for", "healthy", "nothing").status == 2)
      #expect(try flotilla(stage, "wait", "--for", "happiness", "web").status == 2)
      #expect(try flotilla(stage, "wait", "--for", "rollout=lost", "web").status == 2)
    }
  }

  @Test("a hub that restarts ends neither a watch nor the following of events; events can be narrowed")
  func restart() async throws {
    try await withRolloutUnderWay { stage in
      let (watch, events) = ("\(stage.machine.directory)/watch.txt", "\(stage.machine.directory)/events.txt")
      for file in [watch, events] { #expect(FileManager.default.createFile(atPath: file, contents: nil)) }
      let watching = try start(
        stage, to: try #require(FileHandle(forWritingAtPath: watch)), ["rollout", "watch", "web", "--plain"])
      let following = try start(
        stage, to: try #require(FileHandle(forWritingAtPath: events)), ["events", "--follow", "--app", "web"])
      func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
      try await eventually("both have begun") {
        try text(watch).contains("rollout web-") && text(events).contains("web")
      }
      try stage.fleet.hub.kill()
      try await eventually("both notice") {
        try text(watch).contains("the hub is away") && text(events).contains("the hub is away")
      }
      try stage.fleet.startHub()
      try stage.fleet.cluster("prod-1").agent.resume()
      watching.waitUntilExit()
      #expect(watching.terminationStatus == 0)
      #expect(try text(watch).contains(/rollout web-\d+ is succeeded/))
      let before = try text(events).count
      try stage.release("3.0")
      try await eventually("the next events arrive") { try text(events).count > before }
      #expect(
        try text(events).split(separator: "\n").filter { !$0.contains("hub is") }.allSatisfy { $0.contains("web") })
      #expect(try flotilla(stage, "events", "--app", "nothing").text.isEmpty)
      following.terminate()
      following.waitUntilExit()
    }
  }
}
