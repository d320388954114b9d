import ControlPlanes
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Server-side apply".
@Suite("Server-side apply")
struct ApplyTests {
  /// A kind with keyed lists and defaults that no controller writes to.
  private static func service(port: Int64 = 80) -> Value {
    [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"],
      "spec": [
        "selector": ["app": "web"], "ports": [["name": "http", "port": .integer(port)], ["name": "dns", "port": 53]],
      ],
    ]
  }

  @Test(
    "an apply creates with 201, and a no-op re-apply changes neither resourceVersion nor managedFields",
    arguments: Plane.tested)
  func noChange(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.services)/web"
      let first = try await cluster.apply(path, Self.service())
      #expect(first.status == 201)
      let second = try await cluster.apply(path, Self.service())
      #expect(second.status == 200)
      #expect(second.resourceVersion == first.resourceVersion)
      #expect(second.value[path: "metadata", "managedFields"] == first.value[path: "metadata", "managedFields"])
    }
  }

  @Test("a no-op dry-run is byte for byte the live object", arguments: Plane.tested)
  func dryRunOfNothing(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.services)/web"
      _ = try await cluster.apply(path, Self.service())
      let dry = try await cluster.apply(path, Self.service(), "dryRun=All")
      let live = try await cluster.call("GET", path)
      #expect(dry.bytes == live.bytes)
    }
  }

  @Test("a dry-run shows drift and stores nothing", arguments: Plane.tested)
  func dryRunOfDrift(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.services)/web"
      let before = try await cluster.apply(path, Self.service())
      let dry = try await cluster.apply(path, Self.service(port: 8081), "dryRun=All")
      #expect(dry.status == 200)
      #expect(dry.text.contains("8081"))
      let live = try await cluster.call("GET", path)
      #expect(live.resourceVersion == before.resourceVersion)
      #expect(!live.text.contains("8081"))
    }
  }

  @Test(
    "a dry-run create answers 201 with a throw-away uid, no resourceVersion, and an address for a Service",
    arguments: Plane.tested)
  func dryRunCreate(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let service: Value = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"], "spec": ["ports": [["port": 80]]],
      ]
      let one = try await cluster.apply("\(cluster.services)/web", service, "dryRun=All")
      #expect(one.status == 201)
      #expect(one.resourceVersion.isEmpty)
      #expect(one.value[path: "spec", "clusterIP"]?.string?.isEmpty == false)
      let other = try await cluster.apply("\(cluster.services)/web", service, "dryRun=All")
      #expect(one.value[path: "metadata", "uid"] != other.value[path: "metadata", "uid"])
      #expect(try await cluster.call("GET", "\(cluster.services)/web").status == 404)
    }
  }

  @Test("an apply without fieldManager gets 422", arguments: Plane.tested)
  func withoutManager(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let reply = try await cluster.call(
        "PATCH", "\(cluster.configMaps)/a", TestCluster.configMap("a"), type: "application/apply-patch+yaml")
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.message.contains("fieldManager: Required value"))
    }
  }

  @Test("a YAML body is read as YAML 1.1: y is a boolean, and so no text", arguments: Plane.tested)
  func yamlBody(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {answer: y}\n"
      let reply = try await cluster.send(
        "PATCH", "\(cluster.configMaps)/a?fieldManager=flotilla", Array(body.utf8), type: "application/apply-patch+yaml"
      )
      #expect(reply.status == 500)
      #expect(reply.reason == nil)
    }
  }
}
