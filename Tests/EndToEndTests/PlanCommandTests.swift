import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("flotilla plan", .serialized, .timeLimit(.minutes(10)))
struct PlanCommandTests {
  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> ProgramResult {
    try runProgram(
      "\(Stage.programs)/flotilla",
      arguments + ["--operator", stage.fleet.operatorFile, "--repo", stage.repository.folder])
  }

  @Test("tells of a branch what would come of it; then that comes of it")
  func branch() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let calm = try flotilla(stage, "plan")
      #expect(calm.status == 0 && calm.text.contains("it is in force\n"), "\(calm)")
      #expect(calm.text.contains("unchanged: web\n") && !calm.text.contains("app web"), "\(calm)")

      try stage.repository.git("checkout", "-q", "-b", "next")
      let next = try stage.release("2.0")
      try stage.repository.git("checkout", "-q", "main")
      let plan = try flotilla(stage, "plan", "--rev", "next")
      #expect(plan.status == 1, "\(plan)")
      #expect(plan.text.hasPrefix("commit \(next.prefix(8)) \"web 2.0\" by "), "\(plan)")
      #expect(plan.text.contains("app web: rollout web-2 starts at once\n"), "\(plan)")
      #expect(plan.text.contains("web  2         0        2        0        dev 1, prod 1\n"), "\(plan)")
      let diff = try runProgram(
        "\(Stage.programs)/flotilla",
        ["diff", "--repo", stage.repository.folder, "--rev", "main..next", "--stat"])
      #expect(diff.status == 1 && plan.text.hasSuffix(diff.text), "\(plan)\n\(diff)")
      #expect(try flotilla(stage, "plan", "--rev", "next", "-o", "name").text == "web\n")
      let every = try flotilla(stage, "plan", "--rev", "next", "--clusters").text
      #expect(every.contains("  dev/dev-1 offered: ") && every.contains("  prod/prod-1 pending: "), "\(every)")

      let text = try flotilla(stage, "plan", "--rev", "next", "-o", "json").text
      let document = try JSON.parse(Array(text.utf8), file: "plan")
      let web = try #require(document["apps"]?.array?.first)
      #expect(document["changesSomething"] == true && web["course"] == "starts", "\(text)")
      #expect(web["stages"]?.array?.map { $0["changes"] } == [1, 1], "\(text)")
      #expect(try await stage.rollout()?.rollout?.id == "web-1", "a plan moves nothing")

      try stage.repository.git("merge", "-q", "--ff-only", "next")
      try await stage.succeeded(next)
      #expect(try await stage.rollout()?.rollout?.id == web["rollout"]?["rollout"]?["id"]?.string)
    }
  }

  @Test("of a revision with errors it says what `validate` says, and what would come of the rest")
  func broken() async throws {
    try await Stage.with(SampleFleet(otherApps: ["shop"])) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try stage.repository.git("checkout", "-q", "-b", "next")
      try stage.repository.write("kind: ConfigMap\n", to: "apps/web/base/settings.yaml")
      try stage.release("2.0", app: "shop")
      let plan = try flotilla(stage, "plan", "--rev", "HEAD")
      let validated = try runProgram(
        "\(Stage.programs)/flotilla", ["validate", "--repo", stage.repository.folder, "--rev", "HEAD"])
      #expect(plan.status == 1 && validated.status == 1)
      for line in validated.text.split(separator: "\n") { #expect(plan.text.contains(line), "\(plan)\n\(validated)") }
      #expect(plan.text.contains("app web: has "), "\(plan)")
      #expect(plan.text.contains("app shop: rollout shop-2 starts at once"), "\(plan)")

      let unknown = try flotilla(stage, "plan", "--rev", "no-such-branch")
      #expect(
        unknown.status == 2 && unknown.text.contains("no-such-branch") && unknown.text.contains("push it"), "\(unknown)"
      )
    }
  }
}
