import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// knowledge/kubernetes-api.md: custom resources and their definitions.
@Suite("Definitions of custom resources")
struct DefinitionTests {
  @Test("a custom resource before its definition gets 404 as text", arguments: Plane.tested)
  func beforeDefinition(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = "\(cluster.namespace).example.com"
      let reply = try await cluster.apply("\(cluster.widgets(of: group))/w", TestCluster.widget(group, "w"))
      #expect((reply.status, reply.text) == (404, "404 page not found\n"))
      #expect(reply.type.hasPrefix("text/plain"))
    }
  }

  @Test("a new definition is established and usable within a moment", arguments: Plane.tested)
  func established(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = "\(cluster.namespace).example.com"
      let created = try await cluster.create(
        TestCluster.definitions, TestCluster.widgets(group).labelled(cluster.mark))
      #expect(
        created[path: "status", "conditions"]?.array?.contains { $0["type"] == "Established" && $0["status"] == "True" }
          != true)
      let path = "\(TestCluster.definitions)/widgets.\(group)"
      let reply = try await cluster.wait(path, for: "established") { reply in
        reply.value[path: "status", "conditions"]?.item("type", "Established")?["status"] == "True"
      }
      #expect(reply.value[path: "status", "conditions"]?.item("type", "NamesAccepted")?["status"] == "True")
      #expect(reply.value[path: "status", "storedVersions"] == ["v1"])
      let widget = try await cluster.wait(
        for: "the first widget",
        { try await cluster.apply("\(cluster.widgets(of: group))/w", TestCluster.widget(group, "w")) }
      ) { $0.status < 300 }
      #expect(widget.value[path: "spec", "colour"] == "red")
      #expect(widget.value[path: "metadata", "generation"] == 1)
      let kinds = try await cluster.wait("/apis/\(group)/v1", for: "discovered") { $0.status == 200 }
      #expect(kinds.value["resources"]?.item("name", "widgets")?["kind"] == "Widget")
      try await cluster.wait("/openapi/v3", for: "in OpenAPI") { $0.value["paths"]?["apis/\(group)/v1"] != nil }
    }
  }

  @Test(
    "an unknown field of a custom resource is pruned, or refused when strictness is asked for", arguments: Plane.tested)
  func pruning(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let widget = TestCluster.widget(group, "w", ["size": 1, "other": 2])
      let strict = try await cluster.call("POST", "\(cluster.widgets(of: group))?fieldValidation=Strict", widget)
      #expect((strict.status, strict.reason) == (400, "BadRequest"))
      #expect(strict.message.contains("unknown field \"spec.other\""), "\(strict.message)")
      let created = try await cluster.create(cluster.widgets(of: group), widget)
      #expect(created["spec"] == ["size": 1, "colour": "red"])
    }
  }

  @Test("the generation counts changes of the spec only", arguments: Plane.tested)
  func generation(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let path = "\(cluster.widgets(of: group))/w"
      _ = try await cluster.apply(path, TestCluster.widget(group, "w"))
      let labelled = try await cluster.apply(path, TestCluster.widget(group, "w").labelled(["a": "b"]))
      #expect(labelled.value[path: "metadata", "generation"] == 1)
      let status: Value = ["status": ["observedGeneration": 1]]
      let observed = try await cluster.call("PATCH", "\(path)/status", status, type: "application/merge-patch+json")
      #expect(observed.value[path: "metadata", "generation"] == 1)
      let resized = try await cluster.apply(path, TestCluster.widget(group, "w", ["size": 2]))
      #expect(resized.value[path: "metadata", "generation"] == 2)
      #expect(resized.value[path: "status", "observedGeneration"] == 1)
    }
  }

  @Test("deleting a definition sends DELETED events, then the end, then 404", arguments: Plane.tested)
  func deletion(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      _ = try await cluster.apply("\(cluster.widgets(of: group))/w", TestCluster.widget(group, "w"))
      let watch = try await cluster.watch(cluster.widgets(of: group))
      #expect(try await watch.nextLine() == "ADDED w")
      _ = try await cluster.call("DELETE", "\(TestCluster.definitions)/widgets.\(group)")
      #expect(try await watch.nextLine() == "DELETED w")
      #expect(try await watch.next() == nil)
      let gone = try await cluster.wait(cluster.widgets(of: group), for: "gone") { $0.status == 404 }
      #expect(gone.text == "404 page not found\n")
    }
  }

  @Test("a watch soon after a change of a definition gets 429 with a time to wait")
  func reinitialization() async throws {
    var settings = DoubleSettings()
    settings.definitionReinitialization = 3
    try await Plane.runDouble(settings) { _, cluster in
      let group = try await cluster.defineWidgets()
      let more: Value = ["spec": ["names": ["shortNames": ["wd"]]]]
      _ = try await cluster.call(
        "PATCH", "\(TestCluster.definitions)/widgets.\(group)", more, type: "application/merge-patch+json")
      let reply = try await cluster.call("GET", "\(cluster.widgets(of: group))?watch=1&timeoutSeconds=1")
      #expect((reply.status, reply.reason) == (429, "TooManyRequests"))
      #expect(reply.message == "storage is (re)initializing")
      #expect(reply.value[path: "details", "retryAfterSeconds"] == 1)
      #expect(reply.header("Retry-After") == "1")
      try await cluster.wait("\(cluster.widgets(of: group))?watch=1&timeoutSeconds=1", for: "ready") {
        $0.status == 200
      }
    }
  }
}
