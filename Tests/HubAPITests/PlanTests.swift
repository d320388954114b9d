import Digests
import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import RolloutEngine
import TestSupport
import Testing

@testable import ReleasePipeline
@testable import Wire

@Suite("A plan says what a revision would do, and does nothing", .timeLimit(.minutes(8)))
struct PlanTests {
  /// A plan, put together.
  private struct Plan {
    var commit: FlotillaV1.PlannedCommit?
    var apps: [String: FlotillaV1.PlannedApp] = [:]
    var changes: [FlotillaV1.PlannedChange] = []
    var progress: [FlotillaV1.PlanProgress] = []
  }

  private static func plan(_ hub: OpenHub, _ revision: String = "") async throws -> Plan {
    try await hub.ask(as: .viewer) { client in
      try await client.planRevision(.init(revision: revision)) { parts in
        var plan = Plan()
        for try await part in parts {
          switch part.part {
          case .commit(let told): plan.commit = told
          case .app(let told): plan.apps[told.name] = told
          case .change(let told): plan.changes.append(told)
          case .progress(let told): plan.progress.append(told)
          case nil: break
          }
        }
        return plan
      }
    }
  }

  /// Everything that a hub keeps of commits.
  private static func kept(_ hub: OpenHub) async throws -> [String] {
    let store = hub.hub.parts.store
    let blobs = try await store.storedBlobs().map(\.description)
    let renders = try await store.renderKeys().map(\.description)
    let releases = try await store.releases(since: Timestamp(seconds: 0), andOfEachApp: 100).map(\.description)
    let log = try await store.rolloutLog(after: 0, limit: 10_000).map { "\($0.number)" }
    return (blobs + renders + releases + log).sorted()
  }

  /// A branch that is not followed, with a change of one app.
  private static func branch(_ hub: OpenHub, _ files: [String: String], named name: String = "next") throws -> String {
    let repository = hub.site.repository
    try repository.git("checkout", "-q", "-b", name)
    for (path, text) in files { try repository.write(text, to: path) }
    let commit = try repository.commit("on \(name)")
    try repository.git("checkout", "-q", "-")
    return commit
  }

  @Test("what it says of a branch is what comes of it once it is merged; until then nothing is kept of it")
  func truth() async throws {
    try await OpenHub.with(SmallFleet(approval: true)) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      let commit = try Self.branch(hub, [SmallFleet.settings(of: "web"): SmallFleet(tag: "2.0").settings(of: "web")])
      let before = try await Self.kept(hub)

      for revision in ["next", commit, "refs/heads/next", String(commit.prefix(9)), "\(commit)~0"] {
        let plan = try await Self.plan(hub, revision)
        #expect(plan.commit?.commit?.id == commit && plan.commit?.errors.isEmpty == true, "\(revision)")
        #expect(plan.commit?.inForce?.id == (try hub.site.repository.git("rev-parse", "HEAD").trimmed))
        #expect(plan.apps["db"]?.course == .nothing)
        let web = try #require(plan.apps["web"])
        #expect(web.course == .starts && web.rollout?.rollout?.commit?.id == commit, "\(web)")
        #expect(web.stages.map(\.name) == ["dev", "prod"] && web.stages.map(\.approvalBefore) == [false, true])
        #expect(web.stages.map(\.changes) == [1, 1] && web.stages.map(\.members) == [1, 1])
        #expect(plan.changes.map(\.app) == ["web"] && plan.changes.map(\.changed) == [1])
        #expect(plan.changes.first?.places.map(\.environment) == ["dev", "prod"])
        #expect(plan.commit?.clustersTouched == 2 && plan.progress.last?.apps == 2)
      }
      #expect(try await Self.kept(hub) == before, "a plan keeps nothing")
      let plan = try await Self.plan(hub, "next")
      try hub.site.repository.git("merge", "-q", "--ff-only", "next")
      try await hub.hub.drive(agents, until: "the release has begun") {
        try await hub.hub.rollout(of: "web")?.commit == commit
      }
      let rollout = try #require(try await hub.hub.rollout(of: "web"))
      #expect(rollout.id == plan.apps["web"]?.rollout?.rollout?.id)
      #expect(rollout.release.digest.bytes == plan.apps["web"]?.rollout?.rollout?.release)
      let targets = rollout.stages.flatMap(\.clusters).map(\.target.digest.bytes)
      #expect(targets == plan.apps["web"]?.rollout?.stages.flatMap(\.clusters).map(\.target))
      try await hub.hub.driveToTheEnd(agents)
      let after = try await Self.plan(hub)
      #expect(after.apps.values.allSatisfy { $0.course == .nothing } && after.changes.isEmpty)
    }
  }

  @Test("a rollout under way is superseded; an app that goes, one that comes and a new cluster are told of")
  func fleet() async throws {
    try await OpenHub.with(SmallFleet(approval: true)) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      try hub.site.repository.write(SmallFleet(tag: "2.0").settings(of: "web"), to: SmallFleet.settings(of: "web"))
      let second = try hub.site.repository.commit("2.0")
      try await hub.hub.drive(agents, until: "prod waits for its approval") {
        let rollout = try await hub.hub.rollout(of: "web")
        return rollout?.commit == second && rollout?.stages.last?.state == .awaitingBefore(.approval)
      }
      let current = try #require(try await hub.hub.rollout(of: "web")?.id)
      let repository = hub.site.repository
      try repository.git("checkout", "-q", "-b", "next")
      try repository.git("rm", "-rq", "apps/db")
      try repository.write(SmallFleet(tag: "3.0").settings(of: "web"), to: SmallFleet.settings(of: "web"))
      let app = try #require(SmallFleet().files["apps/db/app.yaml"])
      try repository.write(app.replacing("db", with: "shop"), to: "apps/shop/app.yaml")
      try repository.write(SmallFleet().settings(of: "shop"), to: SmallFleet.settings(of: "shop"))
      var more = SmallFleet()
      more.clusters.append(("dev-2", "dev"))
      try repository.write(more.files["clusters/dev-2.yaml"] ?? "", to: "clusters/dev-2.yaml")
      _ = try repository.commit("another fleet")
      try repository.git("checkout", "-q", "-")

      let plan = try await Self.plan(hub, "next")
      #expect(plan.commit?.clustersAdded == ["dev-2"] && plan.commit?.clustersRemoved == [])
      #expect(plan.commit?.clusters == 3 && plan.commit?.clustersEnrolled == 2)
      #expect(plan.apps["web"]?.supersedes?.id == current && plan.apps["web"]?.course == .starts)
      let db = try #require(plan.apps["db"])
      #expect(db.removed && db.course == .starts)
      let deletions = db.rollout?.stages.compactMap(\.deletions?.objects) ?? []
      #expect(deletions == [1, 1], "an app that leaves every cluster has to be let go: \(db)")
      let shop = try #require(plan.apps["shop"])
      #expect(shop.added && shop.course == .starts && shop.rollout?.rollout?.id == "shop-1")
      #expect(plan.changes.filter { $0.app == "db" }.allSatisfy { $0.deleted == 1 && $0.created == 0 })
      #expect(plan.changes.filter { $0.app == "shop" }.allSatisfy { $0.created == 1 })
    }
  }

  @Test("what is wrong with the revision is told, the rest is planned; what nobody has is refused")
  func errors() async throws {
    try await OpenHub.with { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      _ = try Self.branch(
        hub,
        [
          SmallFleet.settings(of: "web"): "kind: ConfigMap\n",
          SmallFleet.settings(of: "db"): SmallFleet(tag: "2.0").settings(of: "db"),
        ])
      let plan = try await Self.plan(hub, "next")
      #expect(plan.apps["web"]?.course == .broken && plan.apps["web"]?.errors.isEmpty == false)
      #expect(plan.apps["db"]?.course == .starts)
      #expect(plan.changes.allSatisfy { $0.app == "db" })

      _ = try Self.branch(hub, ["fleet.yaml": "nothing: good\n"], named: "worse")
      let worse = try await Self.plan(hub, "worse")
      #expect(worse.commit?.refused == true && worse.commit?.errors.isEmpty == false && worse.apps.isEmpty)

      for revision in ["nowhere", String(repeating: "ab", count: 20), "refs/flotilla/x/y", "a b"] {
        let refused = try await refusal { _ = try await Self.plan(hub, revision) }
        #expect(
          refused?.code.rawValue == "git-reference-missing" && refused?.nextStep.contains("push it") == true,
          "\(revision)")
      }
      let standing = try await hub.hub.parts.store.currentErrors()
      #expect(standing.isEmpty, "what is wrong with a plan is no error of the fleet")
    }
  }
}

extension String {
  fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}
