import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("Holding back, letting go and tracing on the command line", .serialized, .timeLimit(.minutes(10)))
struct RestraintCommandTests {
  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> ProgramResult {
    try runProgram("\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile])
  }

  private func withTwoReleases(_ body: (Stage) async throws -> Void) async throws {
    var sample = SampleFleet()
    // By name they stand the other way round than they are promoted.
    sample.clusters = [("z-1", "dev"), ("a-1", "prod")]
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try await stage.succeeded(try stage.release("2.0"))
      try await body(stage)
    }
  }

  @Test("a release is rolled back, shown as held everywhere, and let go again")
  func rollback() async throws {
    try await withTwoReleases { stage in
      let silent = try flotilla(stage, "rollback", "web")
      #expect(silent.status == 2 && silent.text.contains("Give -m TEXT"), "\(silent)")
      let back = try flotilla(stage, "rollback", "web", "-m", "it eats memory")
      #expect(back.status == 0 && back.text.contains("rolledBack"), "\(back)")
      try await eventually("the first release is back") {
        stage.tag(on: "a-1") == "1.0" && stage.tag(on: "z-1") == "1.0"
      }
      let words = "held in dev, prod by operator/admin"
      for arguments in [["rollout", "status", "web"], ["get", "apps"], ["tree", "app", "web"]] {
        let shown = try runProgram(
          "\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile]
        ).text
        #expect(shown.contains(words) && shown.contains("it eats memory"), "\(shown)")
      }
      let waiting = try flotilla(stage, "wait")
      #expect(waiting.status == 1 && waiting.text.contains("is held by operator/admin (hold 1)"), "\(waiting)")
      #expect(try flotilla(stage, "hold", "list", "-o", "name").text == "web/1\n")
      #expect(try flotilla(stage, "hold", "lift", "web", "7").text.contains("flotilla hold list web"))
      let lifted = try flotilla(stage, "hold", "lift", "web", "1", "-o", "json")
      let document = try JSON.parse(Array(lifted.text.utf8), file: "lift")
      #expect(lifted.status == 0 && document["holds"] == [], "\(lifted)")
      try await eventually("the second release is there") { stage.tag(on: "a-1") == "2.0" }
    }
  }

  @Test("environments stand in the order of promotion; what is suspended says so")
  func suspension() async throws {
    try await withTwoReleases { stage in
      let names = try flotilla(stage, "get", "clusters", "-o", "name").text
      #expect(names == "z-1\na-1\n")
      let tree = try flotilla(stage, "tree", "app", "web").text.split(separator: "\n").map(String.init)
      let (dev, prod) = (tree.firstIndex { $0.hasSuffix("─ dev") }, tree.firstIndex { $0.hasSuffix("─ prod") })
      #expect(try #require(dev) < #require(prod), "\(tree)")

      #expect(try flotilla(stage, "suspend", "--app", "web", "--cluster", "a-1", "-m", "why").status == 2)
      let typo = try flotilla(stage, "suspend", "--app", "wbe", "-m", "why")
      #expect(typo.status == 2 && typo.text.contains("`flotilla get apps`"), "\(typo)")
      for wrong in [
        ["get", "clusters", "-e", "prd"], ["tree", "app", "web", "-e", "prd"], ["hold", "list", "wbe"],
        ["rollout", "list", "--app", "wbe"],
        ["plan", "--repo", "\(stage.machine.directory)/repository", "--app", "wbe"],
        ["audit", "list", "--outcome", "refuse"], ["events", "--limit", "0"],
        ["wait", "--for", "released", "cluster/a-1"], ["wait", "--for", "online", "app/web"],
      ] {
        let refused = try runProgram(
          "\(Stage.programs)/flotilla", wrong + ["--operator", stage.fleet.operatorFile])
        #expect(refused.status == 2, "\(wrong): \(refused)")
      }
      let suspended = try flotilla(stage, "suspend", "--environment", "prod", "-m", "the audit is on")
      #expect(suspended.status == 0 && suspended.text.contains("`flotilla resume --environment prod`"), "\(suspended)")
      #expect(try flotilla(stage, "get", "clusters").text.contains("enrolled, suspended"))
      #expect(try flotilla(stage, "get", "suspensions").text.contains("environment prod  operator/admin"))
      #expect(try flotilla(stage, "tree", "cluster", "a-1").text.contains("suspended by operator/admin"))
      #expect(try flotilla(stage, "freeze", "list", "-o", "json").text.contains("items"))
      #expect(try flotilla(stage, "resume", "--environment", "prod").status == 0)
      #expect(try flotilla(stage, "get", "suspensions", "-o", "name").text.isEmpty)
    }
  }

  @Test("an object is followed back to its file and commit")
  func trace() async throws {
    try await withTwoReleases { stage in
      let text = try flotilla(stage, "trace", "a-1", "Deployment", "web/web").text
      #expect(text.hasPrefix("apps/Deployment/web/web  synced, healthy\n"), "\(text)")
      #expect(text.contains("commit \(try stage.head().prefix(12)) \"web 2.0\" by "), "\(text)")
      #expect(text.contains("in apps/web/base/deployment.yaml"), "\(text)")
      #expect(text.contains(/rollout web-\d+, stage prod, succeeded/), "\(text)")
      let document = try JSON.parse(
        Array(try flotilla(stage, "trace", "a-1", "apps/Deployment/web/web", "-o", "json").text.utf8), file: "trace")
      #expect(document["file"] == "apps/web/base/deployment.yaml" && document["stage"] == "prod")
      let none = try flotilla(stage, "trace", "a-1", "Secret", "web/web")
      #expect(none.status == 2 && none.text.contains("group/kind/namespace/name"), "\(none)")
    }
  }
}
