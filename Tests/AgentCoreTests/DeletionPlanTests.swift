import FleetModel
import Manifests
import Testing

@testable import AgentCore

@Suite("What leaves a target is planned, and what takes data along waits for a person's word")
struct DeletionPlanTests {
  private static let guarded = [
    ObjectID(group: "", kind: "Namespace", namespace: "", name: "shop"),
    ObjectID(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", namespace: "", name: "carts.shop.io"),
    ObjectID(group: "", kind: "PersistentVolumeClaim", namespace: "shop", name: "data"),
  ]

  @Test("what a release drops is deleted, in the reverse of the order of creation")
  func dropped() throws {
    let state = Fixtures.state([try Fixtures.app("shop", ["b"])])
    let plan = DeletionPlan(owned: Fixtures.owned("shop", ["a", "b", "c"]), desired: state)
    #expect(plan.deletions == ["shop": Fixtures.owned("shop", ["c", "a"])])
    #expect(plan.orphans.isEmpty)
    #expect(plan.held.isEmpty)
  }

  @Test("namespaces, CRDs and volume claims are held until each is confirmed by name", arguments: guarded)
  func guardedKinds(id: ObjectID) throws {
    let owned = [OwnedObject(app: "shop", id: id)] + Fixtures.owned("shop", ["a", "b"])
    let waiting = DeletionPlan(owned: owned, desired: Fixtures.state([try Fixtures.app("shop", ["a"])]))
    #expect(waiting.held["shop"]?.map(\.object.id) == [id])
    #expect(waiting.deletions["shop"]?.map(\.id) == [Fixtures.id("b")])

    let confirmed = try Fixtures.app("shop", ["a"], confirmed: [id.description])
    let plan = DeletionPlan(owned: owned, desired: Fixtures.state([confirmed]))
    #expect(plan.held.isEmpty)
    #expect(plan.deletions["shop"]?.map(\.id) == [Fixtures.id("b"), id])
  }

  @Test("an object of another group that only shares a guarded name is not held")
  func sameKindElsewhere() throws {
    let other = ObjectID(group: "example.org", kind: "Namespace", namespace: "", name: "shop")
    let state = Fixtures.state([], removals: [Fixtures.removal("shop", .prune)])
    let plan = DeletionPlan(owned: [OwnedObject(app: "shop", id: other)], desired: state)
    #expect(plan.deletions["shop"]?.map(\.id) == [other])
  }

  @Test(
    "over 10 objects and over 20% of the app at once are held; one condition alone is not enough",
    arguments: [
      (10, 10, false), (11, 55, false), (11, 54, true), (11, 11, true), (200, 1000, false), (201, 1000, true),
    ])
  func massDeletions(gone: Int, total: Int, isHeld: Bool) throws {
    let names = Fixtures.names(total)
    let kept = try Fixtures.app("shop", Array(names.dropFirst(gone)) + ["stays"])
    let plan = DeletionPlan(owned: Fixtures.owned("shop", names), desired: Fixtures.state([kept]))
    #expect((plan.held["shop"]?.count ?? 0) == (isHeld ? gone : 0))
    #expect((plan.deletions["shop"]?.count ?? 0) == (isHeld ? 0 : gone))
  }

  @Test("of a mass deletion only what was confirmed goes")
  func partlyConfirmed() throws {
    let names = Fixtures.names(12)
    let app = try Fixtures.app("shop", ["stays"], confirmed: [Fixtures.id("map-3").description])
    let plan = DeletionPlan(owned: Fixtures.owned("shop", names), desired: Fixtures.state([app]))
    #expect(plan.deletions == ["shop": Fixtures.owned("shop", ["map-3"])])
    #expect(plan.held["shop"]?.count == 11)
    #expect(plan.held["shop"]?.first?.reason == "12 of 12 objects would be deleted at once")
  }

  @Test("an app that renders to nothing deletes nothing until it is confirmed, however small it is")
  func emptyResult() throws {
    let owned = Fixtures.owned("shop", ["a", "b"])
    let plan = DeletionPlan(owned: owned, desired: Fixtures.state([try Fixtures.app("shop", [])]))
    #expect(plan.deletions.isEmpty)
    #expect(plan.held["shop"]?.count == 2)
    let confirmed = try Fixtures.app("shop", [], confirmed: Set(owned.map(\.id.description)))
    #expect(DeletionPlan(owned: owned, desired: Fixtures.state([confirmed])).deletions["shop"]?.count == 2)
  }

  @Test("an app with prune off keeps what it no longer wants")
  func pruneOff() throws {
    let app = try Fixtures.app("shop", ["a"], policy: AppPolicy(prune: false))
    let plan = DeletionPlan(owned: Fixtures.owned("shop", ["a", "b"]), desired: Fixtures.state([app]))
    #expect(plan.deletions.isEmpty)
    #expect(plan.held.isEmpty)
    #expect(plan.orphans.isEmpty)
  }

  @Test("a removed app is pruned or orphaned, as the removal says")
  func removals() throws {
    let owned = Fixtures.owned("shop", ["a"]) + Fixtures.owned("blog", ["b"])
    let removals = [Fixtures.removal("shop", .prune), Fixtures.removal("blog", .orphan)]
    let plan = DeletionPlan(owned: owned, desired: Fixtures.state([], removals: removals))
    #expect(plan.deletions == ["shop": Fixtures.owned("shop", ["a"])])
    #expect(plan.orphans == Fixtures.owned("blog", ["b"]))
  }

  @Test("an app that the bundle neither has nor removes is left alone: a vanished entry deletes nothing")
  func vanishedApp() {
    let plan = DeletionPlan(owned: Fixtures.owned("shop", ["a", "b"]), desired: Fixtures.state([]))
    #expect(plan.deletions.isEmpty)
    #expect(plan.orphans.isEmpty)
    #expect(plan.held.isEmpty)
  }

  @Test("an object that moves to another app is handed over, never deleted")
  func movedObject() throws {
    let owned = Fixtures.owned("shop", ["a", "moved"]) + Fixtures.owned("gone", ["moved-too", "b"])
    let apps = [try Fixtures.app("shop", ["a"]), try Fixtures.app("blog", ["moved", "moved-too"])]
    let plan = DeletionPlan(owned: owned, desired: Fixtures.state(apps, removals: [Fixtures.removal("gone", .prune)]))
    #expect(plan.deletions == ["gone": Fixtures.owned("gone", ["b"])])
  }
}
