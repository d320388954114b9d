import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Apply makes objects be as declared, and costs no request where nothing differs")
struct ApplyTests {
  @Test("objects are created, then left alone without a request, then changed", arguments: Plane.tested)
  func lifecycle(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let first = try app([configMap("settings"), deployment("web")])
      #expect(await cluster.apply(first) == ["settings": "created", "web": "created"])
      let before = cluster.server.requests()
      #expect(await cluster.apply(first) == ["settings": "unchanged", "web": "unchanged"])
      #expect(cluster.server.requests() == before)
      let second = try app([configMap("settings"), deployment("web", image: "nginx:2")])
      #expect(await cluster.apply(second) == ["settings": "unchanged", "web": "changed"])
      #expect(cluster.server.requests(.apply, "Deployment") == 2)
      #expect(
        try await cluster.object(deployments, "web")?[path: "metadata", "labels", "flotilla.dev/app"]?.string
          == Own.name("shop"))
    }
  }

  @Test("an agent that starts anew knows from one list a kind that nothing differs", arguments: Plane.tested)
  func restart(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let objects = try app([configMap("settings"), deployment("web")])
      try await Cluster.with(server) { await $0.apply(objects) }
      let before = server.requests([.apply])
      try await Cluster.with(server) { cluster in
        #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "unchanged"])
        #expect(server.requests([.apply]) == before)
      }
    }
  }

  @Test("a field that leaves Git leaves the object", arguments: Plane.tested)
  func fieldDropped(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try app([configMap("settings", ["a": "1", "b": "2"])]))
      #expect(await cluster.apply(try app([configMap("settings", ["a": "1"])])) == ["settings": "changed"])
      #expect(try await cluster.object(Server.configMaps, "settings")?["data"] == ["a": "1"])
    }
  }

  @Test("one object that fails does not stop the others, and its error has the server's words", arguments: Plane.tested)
  func oneFails(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      var broken = deployment("broken")
      broken["spec"]?["nonesuch"] = 1
      let objects = try app([broken, configMap("settings")])
      let (error, isTransient) = try await cluster.failure(objects)
      #expect(!isTransient)
      #expect(error.cause.contains("nonesuch"))
      #expect(error.address.object == "apps/Deployment/\(Own.namespace)/broken")
      #expect(error.address.app == Own.name("shop"))
      #expect(try await cluster.object(Server.configMaps, "settings") != nil)
    }
  }

  @Test("comparing finds what differs and writes nothing", arguments: Plane.tested)
  func compare(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "settings", ["data": ["a": "9"]])
      try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: Own.name("shop"))) }
      let writes = cluster.writes
      #expect(await cluster.apply(objects, .compare) == ["settings": "differs", "web": "unchanged"])
      #expect(cluster.writes == writes + 1, "a dry run")
      #expect(try await cluster.object(Server.configMaps, "settings")?[path: "data", "a"] == "9")
    }
  }

  @Test("a namespace and what is in it, a definition and its objects, come in one app", arguments: Plane.tested)
  func stages(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let name = Own.name("inside")
      let namespace: Value = [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name), "labels": .object(Own.mark)],
      ]
      var inside = configMap("settings")
      inside["metadata"]?["namespace"] = .string(name)
      let outcomes = await cluster.apply(try app([inside, Definitions.widget, Definitions.definition, namespace]))
      #expect(Set(outcomes.values) == ["created"])
      #expect(try await cluster.object(Server.configMaps, "settings", namespace: name) != nil)
      #expect(try await cluster.object(Definitions.widgets, "one") != nil)
    }
  }

  @Test("an object whose kind is not served fails and is tried again", arguments: Plane.tested)
  func kindNotServed(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let (error, isTransient) = try await cluster.failure(try app([Definitions.widget]))
      #expect(error.code == APIFailure.Kind.notServed.code)
      #expect(isTransient)
    }
  }
}
