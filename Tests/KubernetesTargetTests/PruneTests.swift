import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Only what the inventory in the cluster lists is deleted, and only while it is the app's")
struct PruneTests {
  private func owned(_ target: KubernetesTarget, _ app: String = "shop") async throws -> [String] {
    try await target.owned().filter { $0.app == Own.name(app) }.map(\.id.name)
  }

  private func objects(_ names: String...) throws -> DesiredApp { try app(names.map { configMap($0) }) }

  @Test("the inventory survives the agent, in the order of applying", arguments: Plane.tested)
  func inventory(plane: Plane) async throws {
    try await Server.with(plane) { server in
      try await Cluster.with(server) { await $0.apply(try self.objects("one", "two")) }
      try await Cluster.with(server) { cluster in
        #expect(try await owned(cluster.target) == ["one", "two"])
        await cluster.apply(try objects("one", "zero"))
        #expect(try await owned(Cluster.makeTarget(server)) == ["one", "two", "zero"])
      }
    }
  }

  @Test("what is deleted is gone and no longer owned, and no drift", arguments: Plane.tested)
  func deletion(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      // Nobody else carries out a deletion in the foreground.
      guard cluster.server.cluster.plane.runsControllers else { return }
      await cluster.apply(try objects("one", "two"))
      cluster.changes.forget()
      let outcomes = await cluster.target.delete(try await cluster.target.owned().filter { $0.id.name == "one" })
      #expect(outcomes.map(\.result.word) == ["deleted"])
      #expect(try await cluster.object(Server.configMaps, "one") == nil)
      #expect(try await cluster.object(Server.configMaps, "two") != nil)
      #expect(try await owned(cluster.target) == ["two"])
      let again = OwnedObject(
        app: Own.name("shop"), id: ObjectID(group: "", kind: "ConfigMap", namespace: Own.namespace, name: "one"))
      #expect(await cluster.target.delete([again]).map(\.result.word) == ["deleted"])
    }
  }

  @Test("an object that says so is kept and disowned", arguments: Plane.tested)
  func pruneDisabled(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      var kept = configMap("kept")
      kept["metadata"]?["annotations"] = ["flotilla.dev/prune": "disabled"]
      await cluster.apply(try app([kept]))
      let outcomes = await cluster.target.delete(try await cluster.target.owned())
      #expect(outcomes.map(\.result.word) == ["unchanged"])
      #expect(try await cluster.object(Server.configMaps, "kept") != nil)
      #expect(try await owned(cluster.target) == [])
    }
  }

  @Test("an object that was replaced by somebody's own of the same name is not deleted", arguments: Plane.tested)
  func notOurs(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try objects("one"))
      try await cluster.server.delete(Server.configMaps, "one")
      try await cluster.server.create(Server.configMaps, configMap("one", ["theirs": "1"]))
      _ = await cluster.target.delete(try await cluster.target.owned())
      #expect(try await cluster.object(Server.configMaps, "one")?["data"] == ["theirs": "1"])
    }
  }

  @Test("an object that waits for a finalizer is not claimed to be deleted", arguments: Plane.tested)
  func finalizer(plane: Plane) async throws {
    try await Cluster.with(plane, deletion: .milliseconds(200)) { cluster in
      var held = configMap("held")
      held["metadata"]?["finalizers"] = ["example.com/hold"]
      await cluster.apply(try app([held]))
      let outcomes = await cluster.target.delete(try await cluster.target.owned())
      guard case .failed(let error, let isTransient)? = outcomes.first?.result else {
        Issue.record("it is claimed to be deleted")
        return
      }
      #expect(isTransient)
      #expect(error.message.contains("example.com/hold"))
      #expect(try await owned(cluster.target) == ["held"])
    }
  }

  @Test("what others rest on goes only when they are gone", arguments: Plane.tested)
  func order(plane: Plane) async throws {
    try await Cluster.with(plane, deletion: .milliseconds(200)) { cluster in
      var held = Definitions.widget
      held["metadata"]?["finalizers"] = ["example.com/hold"]
      await cluster.apply(try app([Definitions.definition, held]))
      let doomed = Array(try await cluster.target.owned().reversed())
      #expect(doomed.map(\.id.kind) == ["Widget", "CustomResourceDefinition"])
      _ = await cluster.target.delete(doomed)
      let definition = try await cluster.object(Definitions.resource, Definitions.name)
      #expect(definition != nil)
      #expect(definition?[path: "metadata", "deletionTimestamp"] == nil)
      try await cluster.server.patch(Definitions.widgets, "one", ["metadata": ["finalizers": .null]])
      try await eventually("both are gone") {
        await cluster.target.delete(doomed).map(\.result.word) == ["deleted", "deleted"]
      }
      #expect(try await owned(cluster.target) == [])
    }
  }

  @Test("disowned objects stay as they are", arguments: Plane.tested)
  func disown(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try objects("one"))
      let before = try await cluster.object(Server.configMaps, "one")
      _ = await cluster.target.disown(try await cluster.target.owned())
      #expect(try await cluster.object(Server.configMaps, "one") == before)
      #expect(try await owned(cluster.target) == [])
    }
  }

  @Test("an object that moves to another app is handed over", arguments: Plane.tested)
  func handOver(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try objects("one", "two"))
      await cluster.apply(try app([configMap("one")], named: "other"))
      #expect(try await owned(cluster.target) == ["two"])
      #expect(try await owned(cluster.target, "other") == ["one"])
      let stale = OwnedObject(
        app: Own.name("shop"), id: ObjectID(group: "", kind: "ConfigMap", namespace: Own.namespace, name: "one"))
      _ = await cluster.target.delete([stale])
      #expect(try await cluster.object(Server.configMaps, "one") != nil)
    }
  }

  @Test("a damaged inventory stops everything that deletes", arguments: Plane.tested)
  func damaged(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try objects("one"))
      try await cluster.server.patch(
        Server.configMaps, "flotilla-inventory-\(Own.name("shop"))-0", ["data": ["objects": "x"]])
      let refused = try await fleetError { _ = try await Cluster.makeTarget(cluster.server).owned() }
      #expect(refused?.code == .inventory)
    }
  }

  private func fleetError(_ body: () async throws -> Void) async throws -> FleetError? {
    do {
      try await body()
      return nil
    } catch let error as FleetError {
      return error
    }
  }
}
