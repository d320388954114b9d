import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Only what the inventory in the cluster lists is deleted, and only while it is the app's")
struct PruneTests {
  private func owned(_ target: KubernetesTarget, _ app: String = "shop") async throws -> [String] {
    try await target.owned().filter { $0.app == app }.map(\.id.name)
  }

  private func objects(_ names: String...) throws -> DesiredApp { try app(names.map { configMap($0) }) }

  @Test("the inventory survives the agent, in the order of applying")
  func inventory() async throws {
    try await Server.with { server in
      try await Cluster.with(server) { await $0.apply(try self.objects("one", "two")) }
      try await Cluster.with(server) { cluster in
        #expect(try await owned(cluster.target) == ["one", "two"])
        await cluster.apply(try objects("one", "zero"))
        #expect(try await owned(Cluster.makeTarget(server)) == ["one", "two", "zero"])
      }
    }
  }

  @Test("what is deleted is gone and no longer owned, and no drift")
  func deletion() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try objects("one", "two"))
      cluster.changes.forget()
      let outcomes = await cluster.target.delete(try await cluster.target.owned().filter { $0.id.name == "one" })
      #expect(outcomes.map(\.result.word) == ["deleted"])
      #expect(cluster.object("configmaps", "one") == nil)
      #expect(cluster.object("configmaps", "two") != nil)
      #expect(try await owned(cluster.target) == ["two"])
      let again = OwnedObject(
        app: "shop", id: ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: "one"))
      #expect(await cluster.target.delete([again]).map(\.result.word) == ["deleted"])
    }
  }

  @Test("an object that says so is kept and disowned")
  func pruneDisabled() async throws {
    try await Cluster.with { cluster in
      var kept = configMap("kept")
      kept["metadata"]?["annotations"] = ["flotilla.dev/prune": "disabled"]
      await cluster.apply(try app([kept]))
      let outcomes = await cluster.target.delete(try await cluster.target.owned())
      #expect(outcomes.map(\.result.word) == ["unchanged"])
      #expect(cluster.object("configmaps", "kept") != nil)
      #expect(try await owned(cluster.target) == [])
    }
  }

  @Test("an object that was replaced by somebody's own of the same name is not deleted")
  func notOurs() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try objects("one"))
      try await cluster.server.delete(Server.configMaps, "default", "one")
      try await cluster.server.create(Server.configMaps, configMap("one", ["theirs": "1"]))
      _ = await cluster.target.delete(try await cluster.target.owned())
      #expect(cluster.object("configmaps", "one")?["data"] == ["theirs": "1"])
    }
  }

  @Test("an object that waits for a finalizer is not claimed to be deleted")
  func finalizer() async throws {
    try await Cluster.with { cluster in
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

  @Test("what others rest on goes only when they are gone")
  func order() async throws {
    try await Cluster.with { cluster in
      var held = Definitions.widget
      held["metadata"]?["finalizers"] = ["example.com/hold"]
      await cluster.apply(try app([Definitions.definition, held]))
      let doomed = Array(try await cluster.target.owned().reversed())
      #expect(doomed.map(\.id.kind) == ["Widget", "CustomResourceDefinition"])
      _ = await cluster.target.delete(doomed)
      let definition = cluster.object(
        "customresourcedefinitions.apiextensions.k8s.io", "widgets.example.com", namespace: "")
      #expect(definition != nil)
      #expect(definition?[path: "metadata", "deletionTimestamp"] == nil)
      let widgets = APIResource(
        group: "example.com", version: "v1", kind: "Widget", name: "widgets", isNamespaced: true, verbs: [])
      try await cluster.server.patch(widgets, "default", "one", ["metadata": ["finalizers": .null]])
      let outcomes = await cluster.target.delete(doomed)
      #expect(outcomes.map(\.result.word) == ["deleted", "deleted"])
      #expect(try await owned(cluster.target) == [])
    }
  }

  @Test("disowned objects stay as they are")
  func disown() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try objects("one"))
      cluster.server.double.forgetRequests()
      _ = await cluster.target.disown(try await cluster.target.owned())
      #expect(cluster.object("configmaps", "one") != nil)
      #expect(try await owned(cluster.target) == [])
      #expect(cluster.writes == 0)
    }
  }

  @Test("an object that moves to another app is handed over")
  func handOver() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try objects("one", "two"))
      await cluster.apply(try app([configMap("one")], named: "other"))
      #expect(try await owned(cluster.target) == ["two"])
      #expect(try await owned(cluster.target, "other") == ["one"])
      let stale = OwnedObject(
        app: "shop", id: ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: "one"))
      _ = await cluster.target.delete([stale])
      #expect(cluster.object("configmaps", "one") != nil)
    }
  }

  @Test("a damaged inventory stops everything that deletes")
  func damaged() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try objects("one"))
      try await cluster.server.patch(
        Server.configMaps, "flotilla-system", "flotilla-inventory-shop-0", ["data": ["objects": "x"]])
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
