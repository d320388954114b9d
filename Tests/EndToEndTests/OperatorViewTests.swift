import FleetModel
import Foundation
import LocalFleet
import Manifests
import Programs
import TestSupport
import Testing

@Suite("The command line shows where an app runs, how a cluster is, and why", .serialized)
struct OperatorViewTests {
  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> String {
    try LocalProcess.run("\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile])
  }

  @Test("down to the object that is not healthy, with the reason in its machine's words")
  func trees() async throws {
    var sample = SampleFleet()
    sample.progressDeadline = "60s"
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let healthy = try flotilla(stage, "tree", "app", "web")
      let commit = try stage.head().prefix(8)
      #expect(healthy.hasPrefix("web  2 of 2 clusters healthy, commit \(commit), rollout succeeded"), "\(healthy)")
      #expect(healthy.contains("├─ dev\n│  └─ dev-1  synced, healthy, 2 of 2 objects healthy\n"), "\(healthy)")
      #expect(healthy.contains("└─ prod\n   └─ prod-1  synced, healthy"), "\(healthy)")

      _ = try stage.release("broken")
      let object = "└─ apps/Deployment/web/web  "
      try await eventually("dev-1 shows its broken Deployment") {
        try flotilla(stage, "tree", "app", "web").contains(object)
      }
      let broken = try flotilla(stage, "tree", "app", "web")
      let line = try #require(broken.split(separator: "\n").first { $0.contains(object) })
      #expect(line.contains("cannot be pulled"), "\(broken)")
      #expect(broken.contains("└─ prod\n   └─ prod-1  synced, healthy"), "\(broken)")

      let cluster = try flotilla(stage, "tree", "cluster", "dev-1")
      #expect(cluster.hasPrefix("dev-1  dev, enrolled, online"), "\(cluster)")
      #expect(cluster.contains("├─ agent 0.1.0 on directory"), "\(cluster)")
      let text = try flotilla(stage, "tree", "cluster", "dev-1", "-o", "json")
      let end = try JSON.parse(Array(text.utf8), file: "cluster")["agent"]?["certificateNotAfter"]?.string ?? ""
      #expect(end > Timestamp.now.description && cluster.contains(", certificate until \(end)"), "\(cluster)")
      #expect(cluster.contains(object) && cluster.contains("cannot be pulled"), "\(cluster)")
    }
  }

  @Test("the fleet as a whole, with a repository that says what is wrong and one that is away")
  func fleet() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      let good = try stage.head()
      try await stage.succeeded(good)
      let whole = try flotilla(stage, "get", "fleet")
      #expect(whole.contains("in force is \(good.prefix(8)) ") && whole.contains("clusters 2, 2 enrolled, 2 online"))
      let document = try JSON.parse(Array(try flotilla(stage, "get", "fleet", "-o", "json").utf8), file: "fleet")
      #expect(document["source"]?["inForce"]?["id"]?.string == good && document["errors"] == [], "\(document)")

      try stage.repository.replace("environments: [dev, prod]", with: "environments: [dev, prod", in: "fleet.yaml")
      let bad = try stage.repository.commit("break it")
      let found = try flotilla(stage, "sync")
      #expect(found.hasPrefix("repository file://"), "\(found)")
      try await eventually("the error is shown") { try flotilla(stage, "get", "fleet").contains("fleet.yaml:") }
      let broken = try flotilla(stage, "get", "fleet")
      #expect(broken.contains("in force is \(good.prefix(8)) "), "\(broken)")
      #expect(broken.contains("seen, and not in force: \(bad.prefix(8)) \"break it\""), "\(broken)")

      try FileManager.default.removeItem(atPath: "\(stage.machine.directory)/repository")
      try await eventually("the repository is away") {
        try flotilla(stage, "get", "fleet").contains("cannot be reached: ")
      }
    }
  }

  @Test("a document ends with its line, and says of a rollout in a list what its commit says")
  func documents() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.release("2.0"))
      let lists = [
        ["get", "rollouts"], ["get", "apps"], ["plan", "--repo", "\(stage.machine.directory)/repository"],
      ]
      for list in lists {
        let text = try runProgram(
          "\(Stage.programs)/flotilla", list + ["-o", "json", "--operator", stage.fleet.operatorFile]
        ).text
        #expect(text.hasSuffix("}\n"), "\(text)")
      }
      func items(_ list: String) throws -> [Value] {
        let text = try flotilla(stage, "get", list, "-o", "json")
        return try JSON.parse(Array(text.utf8), file: list)["items"]?.array ?? []
      }
      #expect(try items("rollouts").first?["subject"] == "web 2.0")
      #expect(try items("apps").first?["rollout"]?["subject"] == "web 2.0")
    }
  }

  @Test("in a wide table and as documents, with labels and uids")
  func wide() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let rows = try flotilla(stage, "get", "clusters", "-o", "wide").split(separator: "\n")
      #expect(rows.count == 3)
      #expect(rows.first?.contains("CONNECTIVITY") == true && rows.first?.hasSuffix("UID") == true)
      let narrow = try flotilla(stage, "get", "clusters").split(separator: "\n")
      #expect(narrow.first?.contains("CONNECTIVITY") == false)

      let text = try flotilla(stage, "tree", "app", "web", "-e", "prod", "-o", "json")
      let document = try JSON.parse(Array(text.utf8), file: "tree")
      let placements = try #require(document["clusters"]?.array)
      #expect(placements.compactMap { $0["cluster"]?.string } == ["prod-1"])
      let app = try #require(placements.first?["app"])
      #expect(app["appDigest"] == app["reportedAppDigest"])
      #expect(app["objects"]?["healthy"] == 2)
    }
  }
}
