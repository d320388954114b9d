import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Apply makes objects be as declared, and costs no request where nothing differs")
struct ApplyTests {
  @Test("objects are created, then left alone without a request, then changed")
  func lifecycle() async throws {
    try await Cluster.with { cluster in
      let first = try app([configMap("settings"), deployment("web")])
      #expect(await cluster.apply(first) == ["settings": "created", "web": "created"])
      cluster.server.double.forgetRequests()
      #expect(await cluster.apply(first) == ["settings": "unchanged", "web": "unchanged"])
      #expect(cluster.server.double.requests.isEmpty)
      let second = try app([configMap("settings"), deployment("web", image: "nginx:2")])
      #expect(await cluster.apply(second) == ["settings": "unchanged", "web": "changed"])
      #expect(cluster.server.double.requests.count { $0.isApply } == 1)
      #expect(cluster.object("deployments.apps", "web")?[path: "metadata", "labels", "flotilla.dev/app"] == "shop")
    }
  }

  @Test("an agent that starts anew knows from one list a kind that nothing differs")
  func restart() async throws {
    try await Server.with { server in
      let objects = try app([configMap("settings"), deployment("web")])
      try await Cluster.with(server) { await $0.apply(objects) }
      server.double.forgetRequests()
      try await Cluster.with(server) { cluster in
        #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "unchanged"])
        #expect(cluster.writes == 0)
        #expect(server.double.requests.count { $0.isApply } == 0)
      }
    }
  }

  @Test("a field that leaves Git leaves the object")
  func fieldDropped() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try app([configMap("settings", ["a": "1", "b": "2"])]))
      #expect(await cluster.apply(try app([configMap("settings", ["a": "1"])])) == ["settings": "changed"])
      #expect(cluster.object("configmaps", "settings")?["data"] == ["a": "1"])
    }
  }

  @Test("one object that fails does not stop the others, and its error has the server's words")
  func oneFails() async throws {
    try await Cluster.with { cluster in
      var broken = deployment("broken")
      broken["spec"]?["nonesuch"] = 1
      let objects = try app([broken, configMap("settings")])
      let (error, isTransient) = try await cluster.failure(objects)
      #expect(!isTransient)
      #expect(error.cause.contains("nonesuch"))
      #expect(error.address.object == "apps/Deployment/default/broken")
      #expect(error.address.app == "shop")
      #expect(cluster.object("configmaps", "settings") != nil)
    }
  }

  @Test("comparing finds what differs and writes nothing")
  func compare() async throws {
    try await Cluster.with { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "default", "settings", ["data": ["a": "9"]])
      try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: "shop")) }
      cluster.server.double.forgetRequests()
      #expect(await cluster.apply(objects, .compare) == ["settings": "differs", "web": "unchanged"])
      #expect(cluster.writes == 0)
      #expect(cluster.object("configmaps", "settings")?[path: "data", "a"] == "9")
    }
  }

  @Test("a namespace and what is in it, a definition and its objects, come in one app")
  func stages() async throws {
    try await Cluster.with { cluster in
      let namespace: Value = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]]
      var inside = configMap("settings")
      inside["metadata"]?["namespace"] = "shop"
      let outcomes = await cluster.apply(try app([inside, Definitions.widget, Definitions.definition, namespace]))
      #expect(Set(outcomes.values) == ["created"])
      #expect(cluster.object("configmaps", "settings", namespace: "shop") != nil)
      #expect(cluster.object("widgets.example.com", "one") != nil)
    }
  }

  @Test("an object whose kind is not served fails and is tried again")
  func kindNotServed() async throws {
    try await Cluster.with { cluster in
      let (error, isTransient) = try await cluster.failure(try app([Definitions.widget]))
      #expect(error.code == APIFailure.Kind.notServed.code)
      #expect(isTransient)
    }
  }
}
