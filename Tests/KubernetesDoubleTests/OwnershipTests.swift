import ControlPlanes
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Server-side apply": who owns what.
@Suite("Field ownership")
struct OwnershipTests {
  private func fields(_ object: Value, of manager: String) -> Value? {
    object[path: "metadata", "managedFields"]?.item("manager", manager)?["fieldsV1"]
  }

  @Test("an applier owns what it set, items of lists by their keys", arguments: Plane.tested)
  func ownFields(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let object = TestCluster.deployment("web", replicas: 2, env: ["A": "1"]).labelled(["team": "shop"])
      let reply = try await cluster.apply("\(cluster.deployments)/web", object)
      let expected: Value = [
        "f:metadata": ["f:labels": ["f:team": [:]]],
        "f:spec": [
          "f:replicas": [:], "f:selector": [:],
          "f:template": [
            "f:metadata": ["f:labels": ["f:app": [:]]],
            "f:spec": [
              "f:containers": [
                #"k:{"name":"web"}"#: [
                  ".": [:], "f:env": [#"k:{"name":"A"}"#: [".": [:], "f:name": [:], "f:value": [:]]], "f:image": [:],
                  "f:name": [:],
                ]
              ]
            ],
          ],
        ],
      ]
      #expect(fields(reply.value, of: "flotilla") == expected)
      let entry = reply.value[path: "metadata", "managedFields"]?.array?.first
      #expect(entry?["operation"] == "Apply")
      #expect(entry?["apiVersion"] == "apps/v1")
      #expect(entry?["fieldsType"] == "FieldsV1")
    }
  }

  @Test("the default of a key field counts: a port without a protocol is TCP's", arguments: Plane.tested)
  func defaultedKey(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let service: Value = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"],
        "spec": ["ports": [["port": 80, "name": "http"]]],
      ]
      let reply = try await cluster.apply("\(cluster.services)/web", service)
      let ports = fields(reply.value, of: "flotilla")?[path: "f:spec", "f:ports"]
      #expect(ports?.object?.keys == [#"k:{"port":80,"protocol":"TCP"}"#])
    }
  }

  @Test("a field that another manager owns is a conflict that names him and the field", arguments: Plane.tested)
  func conflict(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", replicas: 2), manager: "somebody")
      let reply = try await cluster.apply(path, TestCluster.deployment("web", replicas: 3))
      #expect((reply.status, reply.reason) == (409, "Conflict"))
      #expect(reply.message == "Apply failed with 1 conflict: conflict with \"somebody\": .spec.replicas")
      #expect(
        reply.causes == [
          ["reason": "FieldManagerConflict", "message": "conflict with \"somebody\"", "field": ".spec.replicas"]
        ])
    }
  }

  @Test("a conflict with an update names its version, time and subresource", arguments: Plane.tested)
  func conflictWithUpdate(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", replicas: 2, image: "web:1"))
      _ = try await cluster.call(
        "PATCH", "\(path)?fieldManager=editor", ["spec": ["replicas": 5]], type: "application/merge-patch+json")
      let reply = try await cluster.apply(path, TestCluster.deployment("web", replicas: 2))
      #expect(reply.status == 409)
      let cause = reply.causes.first?["message"]?.string ?? ""
      #expect(cause.hasPrefix("conflict with \"editor\" using apps/v1"), "\(cause)")
    }
  }

  @Test("several conflicts are counted and listed by manager", arguments: Plane.tested)
  func severalConflicts(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      _ = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1", "y": "1"]), manager: "somebody")
      let reply = try await cluster.apply(path, TestCluster.configMap("a", ["x": "2", "y": "2"]))
      #expect(
        reply.message
          == "Apply failed with 2 conflicts: conflicts with \"somebody\":\n- .data.x\n- .data.y", "\(reply.message)")
      #expect(reply.causes.count == 2)
    }
  }

  @Test("the same value is no conflict: both own the field", arguments: Plane.tested)
  func sharedField(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      _ = try await cluster.apply(path, TestCluster.configMap("a"), manager: "somebody")
      let reply = try await cluster.apply(path, TestCluster.configMap("a"))
      #expect(reply.status == 200)
      #expect(fields(reply.value, of: "flotilla") == ["f:data": ["f:key": [:]]])
      #expect(fields(reply.value, of: "somebody") == ["f:data": ["f:key": [:]]])
      // What one of two owners drops stays.
      let dropped = try await cluster.apply(path, TestCluster.configMap("a", [:]), manager: "somebody")
      #expect(dropped.value["data"] == ["key": "value"])
    }
  }

  @Test("force takes the field from who had it", arguments: Plane.tested)
  func force(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      _ = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1", "y": "1"]), manager: "somebody")
      let reply = try await cluster.apply(path, TestCluster.configMap("a", ["x": "2"]), "force=true")
      #expect(reply.value["data"] == ["x": "2", "y": "1"])
      #expect(fields(reply.value, of: "flotilla") == ["f:data": ["f:x": [:]]])
      #expect(fields(reply.value, of: "somebody") == ["f:data": ["f:y": [:]]])
    }
  }

  @Test("a stale resourceVersion gets 409 without such causes, and force does not override it", arguments: Plane.tested)
  func stale(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      let first = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1"]))
      _ = try await cluster.apply(path, TestCluster.configMap("a", ["x": "2"]))
      let old = TestCluster.configMap("a", ["x": "3"])
        .with("metadata", "resourceVersion", value: .string(first.resourceVersion))
      for query in ["", "force=true"] {
        let reply = try await cluster.apply(path, old, query)
        #expect((reply.status, reply.reason) == (409, "Conflict"))
        #expect(reply.causes.isEmpty)
        #expect(reply.message.hasSuffix("please apply your changes to the latest version and try again"))
      }
    }
  }

  @Test("what an applier drops and nobody else owns is removed", arguments: Plane.tested)
  func dropped(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      let both = TestCluster.deployment("web", env: ["A": "1", "B": "2"]).labelled(["x": "1", "y": "2"])
      _ = try await cluster.apply(path, both)
      let reply = try await cluster.apply(path, TestCluster.deployment("web", env: ["B": "2"]).labelled(["y": "2"]))
      #expect(reply.value[path: "metadata", "labels"] == ["y": "2"])
      let container = reply.value[path: "spec", "template", "spec", "containers"]?.array?.first
      #expect(container?["env"] == [["name": "B", "value": "2"]])
      let bare = try await cluster.apply(path, TestCluster.deployment("web"))
      #expect(bare.value[path: "metadata", "labels"] == nil)
      #expect(bare.value[path: "spec", "template", "spec", "containers"]?.array?.first?["env"] == nil)
    }
  }

  @Test("a dropped item goes with what the server filled in", arguments: Plane.tested)
  func droppedItem(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      let two = TestCluster.deployment("web")
        .with(
          "spec", "template", "spec", "containers",
          value: [["name": "web", "image": "web:1"], ["name": "side", "image": "s:1"]])
      _ = try await cluster.apply(path, two)
      let reply = try await cluster.apply(path, TestCluster.deployment("web"))
      let names = reply.value[path: "spec", "template", "spec", "containers"]?.array?.compactMap { $0["name"]?.string }
      #expect(names == ["web"])
    }
  }

  @Test("a solely owned replicas that is dropped is reset to 1", arguments: Plane.tested)
  func droppedReplicas(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", replicas: 3))
      let reply = try await cluster.apply(path, TestCluster.deployment("web"))
      #expect(reply.value[path: "spec", "replicas"] == 1)
    }
  }

  @Test("replicas that the scale subresource owns keep their value when an applier drops them", arguments: Plane.tested)
  func scaledReplicas(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", replicas: 3))
      let scaled = try await cluster.call(
        "PATCH", "\(path)/scale?fieldManager=hpa", ["spec": ["replicas": 7]], type: "application/merge-patch+json")
      #expect(scaled.value["kind"] == "Scale")
      #expect(scaled.value[path: "spec", "replicas"] == 7)
      let reply = try await cluster.apply(path, TestCluster.deployment("web"))
      #expect(reply.value[path: "spec", "replicas"] == 7)
      let entry = reply.value[path: "metadata", "managedFields"]?.item("manager", "hpa")
      #expect(entry?["subresource"] == "scale")
      #expect(entry?["operation"] == "Update")
      #expect(entry?["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
      // Whoever declares another number is in conflict with the subresource.
      let other = try await cluster.apply(path, TestCluster.deployment("web", replicas: 2))
      #expect(other.causes.first?["message"]?.string?.contains("\"hpa\" with subresource \"scale\"") == true)
    }
  }

  @Test("a key that is dropped from stringData stays in data", arguments: Plane.tested)
  func stringData(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.secrets)/s"
      func secret(_ data: Object) -> Value {
        ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": .object(data)]
      }
      _ = try await cluster.apply(path, secret(["a": "one", "b": "two"]))
      let reply = try await cluster.apply(path, secret(["a": "one"]))
      #expect(reply.value["data"] == ["a": "b25l", "b": "dHdv"])
      #expect(reply.value["stringData"] == nil)
    }
  }

  @Test("a field that an update set last stays when an applier drops it", arguments: Plane.tested)
  func updatedField(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      try await cluster.create(
        "\(cluster.configMaps)?fieldManager=kubectl-create", TestCluster.configMap("a", ["x": "1", "y": "1"]))
      _ = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1", "y": "1"]))
      let reply = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1"]))
      #expect(reply.value["data"] == ["x": "1", "y": "1"])
      #expect(fields(reply.value, of: "kubectl-create") == ["f:data": [".": [:], "f:x": [:], "f:y": [:]]])
    }
  }

  @Test("ownership can be moved from an update to an applier by a patch of managedFields", arguments: Plane.tested)
  func migration(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      let created = try await cluster.create(
        "\(cluster.configMaps)?fieldManager=kubectl-client-side-apply",
        TestCluster.configMap("a", ["x": "1", "y": "1"]))
      let before = try #require(created[path: "metadata", "managedFields"]?.array?.first)
      let moved = before.with("manager", value: "flotilla").with("operation", value: "Apply")
      let patched = try await cluster.call(
        "PATCH", "\(path)?fieldManager=migration",
        [
          ["op": "replace", "path": "/metadata/managedFields", "value": [moved]],
          [
            "op": "replace", "path": "/metadata/resourceVersion",
            "value": created[path: "metadata", "resourceVersion"] ?? .null,
          ],
        ], type: "application/json-patch+json")
      #expect(patched.status == 200)
      let reply = try await cluster.apply(path, TestCluster.configMap("a", ["x": "1"]))
      #expect(reply.value["data"] == ["x": "1"])
      #expect(fields(reply.value, of: "kubectl-client-side-apply") == nil)
    }
  }

  @Test("an apply of the status owns only the status, and one of the object never does", arguments: Plane.tested)
  func statusIsApart(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let path = "\(cluster.widgets(of: group))/w"
      let widget = TestCluster.widget(group, "w").with("status", value: ["phase": "Mine"])
      let first = try await cluster.apply(path, widget)
      #expect(first.value["status"] == nil)
      let second = try await cluster.apply("\(path)/status", widget, manager: "operator")
      #expect(second.value[path: "status", "phase"] == "Mine")
      #expect(second.value[path: "metadata", "generation"] == 1)
      #expect(fields(second.value, of: "operator") == ["f:status": ["f:phase": [:]]])
      #expect(fields(second.value, of: "flotilla") == ["f:spec": ["f:size": [:]]])
    }
  }

  @Test("a custom resource's lists are owned as its schema says", arguments: Plane.tested)
  func customLists(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let path = "\(cluster.widgets(of: group))/w"
      func widget(_ parts: [(String, Int64)]) -> Value {
        let items = parts.map { part -> Value in ["name": .string(part.0), "count": .integer(part.1)] }
        return TestCluster.widget(group, "w", ["size": 1, "parts": .array(items)])
      }
      _ = try await cluster.apply(path, widget([("a", 1)]), manager: "one")
      let reply = try await cluster.apply(path, widget([("b", 2)]), manager: "two")
      let names = reply.value[path: "spec", "parts"]?.array?.compactMap { $0["name"]?.string }
      #expect(names == ["a", "b"])
      let rest = try await cluster.apply(path, widget([]), manager: "one")
      #expect(rest.value[path: "spec", "parts"]?.array?.count == 1)
    }
  }

  @Test("large integers in free-form fields are rounded, and 1e3 comes back as 1000", arguments: Plane.tested)
  func numbers(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let body = """
        {"apiVersion":"\(group)/v1","kind":"Widget","metadata":{"name":"w"},
         "spec":{"size":1,"free":{"large":12345678901234567890,"exponent":1e3}}}
        """
      let reply = try await cluster.send(
        "PATCH", "\(cluster.widgets(of: group))/w?fieldManager=flotilla", Array(body.utf8),
        type: "application/apply-patch+yaml")
      #expect(reply.text.contains("\"large\":12345678901234567000"), "\(reply.text)")
      #expect(reply.text.contains("\"exponent\":1000"))
    }
  }
}
