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

  /// Starts both clusters, and waits until they have the fleet as it begins: one that is enrolled late takes a rollout of
  /// its own.
  private func begin(_ stage: Stage) async throws {
    try await stage.startClusters()
    let head = try stage.head()
    for app in ["web"] + stage.sample.otherApps {
      try await eventually("all clusters have \(app)") {
        stage.tag(on: "dev-1", app: app) != nil && stage.tag(on: "prod-1", app: app) != nil
      }
      try await stage.succeeded(head, app: app)
    }
  }

  /// The rollout that comes after the app's last.
  private func nextRollout(_ stage: Stage, _ app: String = "web") async throws -> String {
    let last = try #require(try await stage.rollout(app)?.rollout?.id.split(separator: "-").last)
    return "\(app)-\(try #require(Int(last)) + 1)"
  }

  @Test("tells of a branch what would come of it; then that comes of it")
  func branch() async throws {
    try await Stage.with { stage in
      try await begin(stage)
      let calm = try flotilla(stage, "plan")
      #expect(calm.status == 0 && calm.text.contains("it is in force\n"), "\(calm)")
      #expect(calm.text.contains("unchanged: web\n") && !calm.text.contains("app web"), "\(calm)")

      try stage.repository.git("checkout", "-q", "-b", "next")
      let next = try stage.release("2.0")
      try stage.repository.git("checkout", "-q", "main")
      let rollout = try await nextRollout(stage)
      let plan = try flotilla(stage, "plan", "--rev", "next")
      #expect(plan.status == 1, "\(plan)")
      #expect(plan.text.hasPrefix("commit \(next.prefix(8)) \"web 2.0\" by "), "\(plan)")
      #expect(plan.text.contains("app web: rollout \(rollout) starts at once\n"), "\(plan)")
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
      #expect(try await nextRollout(stage) == rollout, "a plan moves nothing")

      try stage.repository.git("merge", "-q", "--ff-only", "next")
      try await stage.succeeded(next)
      #expect(try await stage.rollout()?.rollout?.id == rollout)
      #expect(web["rollout"]?["rollout"]?["id"]?.string == rollout)
    }
  }

  @Test("of what a revision makes doubtful it warns as `validate` does, and not of what was so before")
  func doubtful() async throws {
    try await Stage.with(SampleFleet(otherApps: ["shop"])) { stage in
      try await begin(stage)
      try stage.repository.git("checkout", "-q", "-b", "next")
      func warnings(_ result: ProgramResult) -> [Substring] {
        result.text.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
      }
      func validated(_ app: String) throws -> [Substring] {
        let arguments = ["validate", "--repo", stage.repository.folder, "--rev", "next"]
        return warnings(try runProgram("\(Stage.programs)/flotilla", arguments)).filter {
          $0.contains(", app \(app), ")
        }
      }
      try stage.release("2.0")
      let old = try flotilla(stage, "plan", "--rev", "next")
      #expect(
        old.text.contains("app web: rollout web-") && old.text.contains(" starts at once\n") && warnings(old).isEmpty,
        "\(old)")
      #expect(try validated("web").count == 1)

      try stage.repository.replace(
        "namespace: shop\n", with: "namespace: store\n", in: "apps/shop/base/kustomization.yaml")
      try stage.repository.commit("shop moves")
      let plan = try flotilla(stage, "plan", "--rev", "next")
      let expected = try validated("shop")
      #expect(expected.count == 1 && warnings(plan) == expected, "\(plan)\n\(expected)")
      let text = try flotilla(stage, "plan", "--rev", "next", "-o", "json").text
      let apps = try JSON.parse(Array(text.utf8), file: "plan")["apps"]?.array ?? []
      let told = apps.flatMap { $0["warnings"]?.array ?? [] }.compactMap { $0.string.map { "warning: \($0)" } }
      #expect(told == expected.map(String.init), "\(told)")
    }
  }

  @Test("of a revision with errors it says what `validate` says, and what would come of the rest")
  func broken() async throws {
    try await Stage.with(SampleFleet(otherApps: ["shop"])) { stage in
      try await begin(stage)
      try stage.repository.git("checkout", "-q", "-b", "next")
      try stage.repository.write("kind: ConfigMap\n", to: "apps/web/base/settings.yaml")
      try stage.release("2.0", app: "shop")
      let plan = try flotilla(stage, "plan", "--rev", "HEAD")
      let validated = try runProgram(
        "\(Stage.programs)/flotilla", ["validate", "--repo", stage.repository.folder, "--rev", "HEAD"])
      #expect(plan.status == 1 && validated.status == 1)
      for line in validated.text.split(separator: "\n") { #expect(plan.text.contains(line), "\(plan)\n\(validated)") }
      #expect(plan.text.contains("app web: has "), "\(plan)")
      #expect(plan.text.contains("app shop: rollout \(try await nextRollout(stage, "shop")) starts at once"), "\(plan)")

      let unknown = try flotilla(stage, "plan", "--rev", "no-such-branch")
      #expect(
        unknown.status == 2 && unknown.text.contains("no-such-branch") && unknown.text.contains("push it"), "\(unknown)"
      )
    }
  }
}
