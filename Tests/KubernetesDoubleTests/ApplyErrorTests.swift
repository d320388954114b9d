import ControlPlanes
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Errors": what an apply is refused with that is permanent though it looks otherwise.
@Suite("Apply errors")
struct ApplyErrorTests {
  /// A refusal that must not be taken for a server in trouble.
  private func expectPermanent(_ reply: Reply, _ text: String, _ location: SourceLocation = #_sourceLocation) {
    #expect(reply.status == 500, sourceLocation: location)
    #expect(reply.reason == nil, sourceLocation: location)
    #expect(reply.message.hasPrefix(text), "\(reply.message)", sourceLocation: location)
  }

  @Test("an unknown field gets 500 without a reason", arguments: Plane.tested)
  func unknownField(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let object = TestCluster.deployment("web").with("spec", "replica", value: 2)
      let reply = try await cluster.apply("\(cluster.deployments)/web", object)
      // It is called by what the body says, which has no namespace here.
      expectPermanent(reply, "failed to create typed patch object (/web; apps/v1, Kind=Deployment)")
      #expect(reply.message.hasSuffix(".spec.replica: field not declared in schema"))
    }
  }

  @Test("a field of the wrong type gets 500 without a reason", arguments: Plane.tested)
  func wrongType(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let object = TestCluster.deployment("web").with("spec", "replicas", value: "two")
      let reply = try await cluster.apply("\(cluster.deployments)/web", object)
      expectPermanent(reply, "failed to create typed patch object")
      #expect(reply.message.contains(".spec.replicas: expected numeric (int or float), got string"), "\(reply.message)")
    }
  }

  @Test("two items with the same key get 500 without a reason", arguments: Plane.tested)
  func duplicateKey(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let container: Value = ["name": "web", "image": "web:1"]
      let object = TestCluster.deployment("web")
        .with("spec", "template", "spec", "containers", value: [container, container])
      let reply = try await cluster.apply("\(cluster.deployments)/web", object)
      expectPermanent(reply, "failed to create typed patch object")
      #expect(
        reply.message.contains(#".spec.template.spec.containers: duplicate entries for key [name="web"]"#),
        "\(reply.message)")
    }
  }

  @Test("bad base64 gets 500 without a reason", arguments: Plane.tested)
  func badBase64(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let secret: Value = [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["password": "no base64!"],
      ]
      let reply = try await cluster.apply("\(cluster.secrets)/s", secret)
      expectPermanent(reply, "failed to ")
      #expect(reply.message.contains("illegal base64 data at input byte 2"), "\(reply.message)")
    }
  }

  @Test("a custom resource's unknown field gets 500 without a reason", arguments: Plane.tested)
  func customUnknownField(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let widget = TestCluster.widget(group, "w", ["size": 1, "sise": 2])
      let reply = try await cluster.apply("\(cluster.widgets(of: group))/w", widget)
      expectPermanent(reply, "failed to create typed patch object")
      #expect(reply.message.hasSuffix(".spec.sise: field not declared in schema"), "\(reply.message)")
    }
  }

  @Test("a namespace that is missing gets 404, on a dry-run too", arguments: Plane.tested)
  func namespaceMissing(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "/api/v1/namespaces/nowhere-\(cluster.namespace)/configmaps/a"
      for query in ["", "dryRun=All"] {
        let reply = try await cluster.apply(path, TestCluster.configMap("a"), query)
        #expect((reply.status, reply.reason) == (404, "NotFound"))
        #expect(reply.message == "namespaces \"nowhere-\(cluster.namespace)\" not found")
      }
    }
  }

  @Test("an immutable field gets 422", arguments: Plane.tested)
  func immutableField(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web"))
      let other = TestCluster.deployment("web")
        .with("spec", "selector", "matchLabels", value: ["app": "other"])
        .with("spec", "template", "metadata", "labels", value: ["app": "other"])
      let reply = try await cluster.apply(path, other)
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.causes.first?["field"] == "spec.selector")
      #expect(reply.message.hasPrefix("Deployment.apps \"web\" is invalid: spec.selector: Invalid value: "))
      #expect(reply.message.hasSuffix("field is immutable"))
    }
  }

  @Test("what of a StatefulSet cannot change gets 422", arguments: Plane.tested)
  func immutableStatefulSet(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "/apis/apps/v1/namespaces/\(cluster.namespace)/statefulsets/db"
      let set = TestCluster.deployment("db").with("kind", value: "StatefulSet").with("spec", "serviceName", value: "db")
      #expect(try await cluster.apply(path, set).status == 201)
      let reply = try await cluster.apply(path, set.with("spec", "serviceName", value: "other"))
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.causes.first?["field"] == "spec")
      #expect(
        reply.message.hasPrefix("StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec"))
    }
  }

  @Test("a ConfigMap over 1 MiB gets 422, a body over 3 MiB 413", arguments: Plane.tested)
  func tooLarge(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let map = TestCluster.configMap("a", ["big": .string(String(repeating: "x", count: 1_048_577))])
      let reply = try await cluster.apply("\(cluster.configMaps)/a", map)
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.message.contains("Too long"))
      let body = TestCluster.configMap("b", ["big": .string(String(repeating: "x", count: 3 << 20))])
      let refused = try await cluster.apply("\(cluster.configMaps)/b", body)
      #expect((refused.status, refused.reason) == (413, "RequestEntityTooLarge"))
    }
  }

  @Test("a wrong name gets 422 with the rule", arguments: Plane.tested)
  func wrongName(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let reply = try await cluster.apply("\(cluster.configMaps)/Web_1", TestCluster.configMap("Web_1"))
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.causes.first?["field"] == "metadata.name")
      #expect(reply.message.contains("RFC 1123"))
    }
  }

  @Test("a custom resource that its schema forbids gets 422 with the field", arguments: Plane.tested)
  func customInvalid(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let group = try await cluster.defineWidgets()
      let reply = try await cluster.apply(
        "\(cluster.widgets(of: group))/w", TestCluster.widget(group, "w", ["colour": "blue"]))
      #expect((reply.status, reply.reason) == (422, "Invalid"))
      #expect(reply.causes.first?["field"] == "spec.size")
      #expect(reply.message == "Widget.\(group) \"w\" is invalid: spec.size: Required value", "\(reply.message)")
    }
  }
}
