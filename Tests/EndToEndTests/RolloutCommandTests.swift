import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("flotilla rollout", .serialized, .timeLimit(.minutes(10)))
struct RolloutCommandTests {
  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> ProgramResult {
    try runProgram("\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile])
  }

  /// The first release is out; a second one breaks dev, and its rollout has not failed yet.
  private func withBrokenRelease(_ body: (Stage) async throws -> Void) async throws {
    var sample = SampleFleet()
    sample.progressDeadline = "600s"
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try stage.release("broken")
      try await eventually("dev-1 is offered what breaks it") { stage.tag(on: "dev-1") == "broken" }
      try await body(stage)
    }
  }

  @Test("pauses, resumes, leaves a cluster out and ends, each time showing what became of it")
  func acts() async throws {
    try await withBrokenRelease { stage in
      let paused = try flotilla(stage, "rollout", "pause", "web", "-m", "something is wrong")
      #expect(paused.status == 0 && paused.text.contains("paused by operator/admin: something is wrong"), "\(paused)")
      let resumed = try flotilla(stage, "rollout", "resume", "web", "-o", "json")
      let document = try JSON.parse(Array(resumed.text.utf8), file: "resume")
      #expect(resumed.status == 0 && document["rollout"]?["state"] == "running", "\(resumed)")
      #expect(try flotilla(stage, "suspend", "--app", "web", "-m", "the audit is on").status == 0)
      let suspended = try flotilla(stage, "rollout", "resume", "web")
      #expect(suspended.status == 2 && suspended.text.contains("`flotilla resume --app web`"), "\(suspended)")
      #expect(try flotilla(stage, "resume", "--app", "web").status == 0)

      let silent = try flotilla(stage, "rollout", "exclude", "web", "dev-1")
      #expect(silent.status == 2 && silent.text.contains("--reason"), "\(silent)")
      let excluded = try flotilla(stage, "rollout", "exclude", "web", "dev-1", "--reason", "it has to go on")
      #expect(excluded.status == 0 && excluded.text.contains("1 excluded"), "\(excluded)")

      let early = try flotilla(stage, "rollout", "retry", "web")
      #expect(early.status == 2 && early.text.contains("flotilla rollout status web-"), "\(early)")
      let aborted = try flotilla(stage, "rollout", "abort", "web", "-m", "enough")
      #expect(aborted.status == 0 && aborted.text.contains("aborted by operator/admin: enough"), "\(aborted)")
    }
  }

  @Test("lists rollouts and shows one, for people and for programs")
  func shows() async throws {
    try await withBrokenRelease { stage in
      let all = try flotilla(stage, "rollout", "list", "-o", "name").text.split(separator: "\n").map(String.init)
      #expect(all.count >= 2 && all.allSatisfy { $0.hasPrefix("web-") }, "\(all)")
      let newest = try #require(all.first)
      let active = try flotilla(stage, "rollout", "list", "--active", "--app", "web", "-o", "name").text
      #expect(active == "\(newest)\n")
      #expect(try flotilla(stage, "get", "rollouts", "-o", "name").text.split(separator: "\n").map(String.init) == all)

      let table = try flotilla(stage, "rollout", "status", "web").text
      #expect(table.hasPrefix("web  \(newest)  commit \(try stage.head().prefix(8))  running\n"), "\(table)")
      #expect(table.contains("\"web broken\" by "), "\(table)")
      #expect(table.contains("\ndev  rolling  wave 1 of 2  1 in flight\n"), "\(table)")
      #expect(table.contains("\nprod  pending  1 pending\n"), "\(table)")
      let wide = try flotilla(stage, "rollout", "status", newest, "-o", "wide").text
      #expect(wide.contains("SOAKS BROKEN  TARGET"), "\(wide)")

      let text = try flotilla(stage, "rollout", "status", newest, "-o", "json").text
      let document = try JSON.parse(Array(text.utf8), file: "status")
      #expect(document["rollout"]?["id"]?.string == newest)
      #expect(document["rollout"]?["subject"]?.string == "web broken")
      let stages = try #require(document["stages"]?.array)
      #expect(stages.first?["counts"]?["inFlight"] == 1)
      #expect(stages.first?["clusters"]?.array?.first?["name"] == "dev-1")

      let none = try flotilla(stage, "rollout", "status", "shop")
      #expect(none.status == 2 && none.text.contains("flotilla rollout list"), "\(none)")
    }
  }
}
