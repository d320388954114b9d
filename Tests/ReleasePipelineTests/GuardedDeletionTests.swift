import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("What does not come back goes only with a person's word", .timeLimit(.minutes(8)))
struct GuardedDeletionTests {
  private static let claim = "apps/web/base/claim.yaml"

  private func claim(_ name: String) -> String {
    """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: \(name), namespace: default}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

    """
  }

  /// A fleet whose app `web` has a volume claim on both clusters.
  private func withClaim(
    _ body: @escaping @Sendable (FleetHub, Site, TestAgent, TestAgent) async throws -> Void,
    audited: ([AuditRecord.Content]) -> Void = { _ in }
  ) async throws {
    try await Site.with { site in
      try site.repository.write(claim("data"), to: GuardedDeletionTests.claim)
      try site.repository.commit("a claim")
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.driveToTheEnd([dev, prod])
        try await body(hub, site, dev, prod)
      }
      audited(try await site.audit())
    }
  }

  private func waits(_ hub: FleetHub, _ stage: String) async throws -> Bool {
    try await hub.rollout(of: "web")?.stages.first { $0.name == stage }?.state == .awaitingBefore(.confirmation)
  }

  private let ann = Actor(operator: "ann")
  private let object = "/PersistentVolumeClaim/default/data"

  @Test("a claim that a commit drops waits before each stage, and its name is in the bundle once it may go")
  func confirmed() async throws {
    try await withClaim { hub, site, dev, prod in
      try site.repository.git("rm", "-q", GuardedDeletionTests.claim)
      try site.repository.commit("no claim")
      try await hub.drive([dev, prod], until: "dev waits") { try await waits(hub, "dev") }
      let rollout = try #require(try await hub.rollout(of: "web"))
      #expect(rollout.stages.map(\.deletions?.objects) == [1, 1])
      let listed = try await hub.fleet.deletions(rollout: rollout.id, stage: "dev")
      #expect(listed.map(\.cluster) == ["dev-1"])
      #expect(listed.map(\.deletion.object) == [object])
      #expect(await dev.bundle?.apps.first { $0.name == "web" }?.confirmedDeletions == [])

      await #expect(throws: FleetError.self) {
        try await hub.operations.confirmDeletions(rollout: rollout.id, stage: "dev", count: 2, comment: "", by: ann)
      }
      _ = try await hub.operations.confirmDeletions(
        rollout: rollout.id, stage: "dev", count: 1, comment: "it is empty", by: ann)
      try await hub.drive([dev, prod], until: "prod waits") { try await waits(hub, "prod") }
      #expect(await dev.bundle?.apps.first { $0.name == "web" }?.confirmedDeletions == [object])
      #expect(await prod.bundle?.apps.first { $0.name == "web" }?.confirmedDeletions == [])

      _ = try await hub.operations.confirmDeletions(
        rollout: rollout.id, stage: "prod", count: 1, comment: "", by: ann)
      try await hub.drive([dev, prod], until: "it is through") {
        try await hub.rollout(of: "web")?.state == .succeeded
      }
      #expect(await prod.bundle?.apps.first { $0.name == "web" }?.confirmedDeletions == [object])
    } audited: { audit in
      let confirmations = audit.filter { $0.action == "rollout.confirm" }
      #expect(confirmations.map(\.outcome).sorted() == ["done", "done", "refused"])
      #expect(confirmations.contains { $0.reason == "it is empty" })
    }
  }

  @Test("an app that leaves all its clusters is asked about, object by object")
  func leaving() async throws {
    try await withClaim { hub, site, dev, prod in
      try site.repository.git("rm", "-q", "-r", "apps/web")
      try site.repository.commit("no web")
      try await hub.drive([dev, prod], until: "dev waits") { try await waits(hub, "dev") }
      let rollout = try #require(try await hub.rollout(of: "web"))
      let listed = try await hub.fleet.deletions(rollout: rollout.id, stage: "dev").map(\.deletion)
      #expect(Set(listed.map(\.object)) == [object, "/ConfigMap/default/web-settings"])
      #expect(listed.contains { $0.reason == "the app leaves 2 of its 2 clusters at once" })
      #expect(await dev.digests["web"] != nil)
    }
  }

  @Test("what moves to another app is not taken away; what a commit only changes is not asked about")
  func moved() async throws {
    try await withClaim { hub, site, dev, prod in
      try site.repository.git("mv", GuardedDeletionTests.claim, "apps/db/base/claim.yaml")
      let commit = try site.repository.commit("db has the claim")
      try await hub.drive([dev, prod], until: "both apps are through") {
        let bundle = await prod.bundle
        return bundle?.apps.map(\.commit) == [commit, commit]
      }
      #expect(await prod.bundle?.apps.map(\.confirmedDeletions) == [[], []])
    }
  }

  @Test("the release that is under way is counted too: what it brings may be there when the next one is taken")
  func underWay() async throws {
    try await Site.with { site in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.driveToTheEnd([dev, prod])
        await dev.set(degraded: ["web"])
        try site.repository.write(claim("data"), to: GuardedDeletionTests.claim)
        let first = try site.repository.commit("a claim")
        try await hub.drive([dev, prod], until: "dev has the claim, and does not get well") {
          await dev.bundle?.apps.first { $0.name == "web" }?.commit == first
        }
        try site.repository.git("rm", "-q", GuardedDeletionTests.claim)
        try site.repository.commit("no claim")
        try await hub.drive([dev, prod], until: "the next commit asks") { try await waits(hub, "dev") }
      }
    }
  }

  @Test("what a commit may delete is confirmed for that commit alone, not for an earlier one with the same content")
  func otherCommit() async throws {
    try await Site.with { site in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.driveToTheEnd([dev, prod])
        let before = await prod.bundle?.bundleSeq ?? 0
        await dev.set(degraded: ["web"])
        // dev gets a claim and does not get well; prod never has it, and stays assigned what both commits end with.
        try site.repository.write(claim("data"), to: GuardedDeletionTests.claim)
        let first = try site.repository.commit("a claim")
        try await hub.drive([dev, prod], until: "dev has the claim") {
          await dev.bundle?.apps.first { $0.name == "web" }?.commit == first
        }
        try site.repository.git("rm", "-q", GuardedDeletionTests.claim)
        try site.repository.commit("no claim")
        try await hub.drive([dev, prod], until: "dev asks") { try await waits(hub, "dev") }
        // Another app's release has prod's bundle made anew.
        try site.change(SmallFleet(tag: "2.0"), of: ["db"])
        try await hub.drive([dev, prod], until: "prod has another bundle") {
          await prod.bundle?.bundleSeq ?? 0 > before
        }
        #expect(await prod.bundle?.apps.map(\.confirmedDeletions) == [[], []])
      }
    }
  }
}
