import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Every object of an app has a verdict for exactly what is desired of it")
struct ObservedStateTests {
  private let claims = APIResource(
    group: "", version: "v1", kind: "PersistentVolumeClaim", name: "persistentvolumeclaims", isNamespaced: true,
    verbs: [])

  private func claim(_ name: String, storageClass: String) -> Value {
    [
      "apiVersion": "v1", "kind": "PersistentVolumeClaim",
      "metadata": ["name": .string(name), "namespace": .string(Own.namespace)],
      "spec": [
        "accessModes": ["ReadWriteOnce"], "storageClassName": .string(storageClass),
        "resources": ["requests": ["storage": "1Gi"]],
      ],
    ]
  }

  @Test("a claim that no volume comes for holds a gate; one that waits for its first Pod does not")
  func claims() async throws {
    try await Cluster.withDouble { double, cluster in
      let classes = APIResource(
        group: "storage.k8s.io", version: "v1", kind: "StorageClass", name: "storageclasses", isNamespaced: false,
        verbs: [])
      try await cluster.server.create(
        classes,
        [
          "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "late"],
          "provisioner": "example.com/late", "volumeBindingMode": "WaitForFirstConsumer",
        ])
      let shop = try app([claim("data", storageClass: "none"), claim("later", storageClass: "late")])
      await cluster.apply(shop)
      #expect(await cluster.health(of: "data", in: shop) == "Progressing! not bound to a volume")
      try await cluster.waits(for: "Progressing waits for the first Pod that uses it", of: "later", in: shop)
      #expect(await cluster.health(of: "data", in: shop) == "Progressing! not bound to a volume")
      try await cluster.server.patch(claims, "data", ["status": ["phase": "Bound"]], subresource: "status")
      try await cluster.waits(for: "Healthy", of: "data", in: shop)
    }
  }

  @Test("a pause is let pass by a gate only when the manifest asks for it", arguments: Plane.tested)
  func suspended(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let asked = try app([deployment("web").spec("paused", true), job("once", more: ["suspend": true])])
      await cluster.apply(asked)
      try await cluster.waits(for: "Suspended paused", of: "web", in: asked)
      try await cluster.waits(for: "Suspended suspended", of: "once", in: asked)
      let other = try app([deployment("other")], named: "other")
      await cluster.apply(other)
      try await cluster.server.patch(deployments, "other", ["spec": ["paused": true]])
      try await cluster.waits(for: "Suspended! paused", of: "other", in: other)
    }
  }

  @Test("an object that is gone is Missing, and that is told", arguments: Plane.tested)
  func missing(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let shop = try app([configMap("settings")])
      await cluster.apply(shop)
      #expect(await cluster.health(of: "settings", in: shop) == "Healthy")
      cluster.changes.forget()
      try await cluster.server.delete(Server.configMaps, "settings")
      try await eventually("it is told") { cluster.changes.contains(.healthChanged(app: Own.name("shop"))) }
      #expect(await cluster.health(of: "settings", in: shop) == "Missing! does not exist")
    }
  }

  @Test("a status that changes is told as health, never as drift, and nothing is written")
  func statusOnly() async throws {
    try await Cluster.withDouble { double, cluster in
      let shop = try app([deployment("web")])
      await cluster.apply(shop)
      cluster.changes.forget()
      let writes = cluster.writes
      let status: Value = [
        "observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1,
      ]
      try await cluster.server.patch(deployments, "web", ["status": status], subresource: "status")
      try await cluster.waits(for: "Progressing! 1 of 2 available", of: "web", in: shop)
      try await eventually("it is told") { cluster.changes.contains(.healthChanged(app: Own.name("shop"))) }
      #expect(!cluster.changes.contains(.drifted(app: Own.name("shop"))))
      #expect(await cluster.apply(shop) == ["web": "unchanged"])
      #expect(cluster.writes == writes)
    }
  }

  @Test(
    "what was not applied yet in its new form is Progressing, however healthy it is in its old one",
    arguments: Plane.tested)
  func newDigest(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try app([configMap("settings")]))
      let next = try app([configMap("settings", ["a": "2"])])
      #expect(
        await cluster.health(of: "settings", in: next) == "Progressing! is not yet as it is desired now")
      await cluster.apply(next)
      #expect(await cluster.health(of: "settings", in: next) == "Healthy")
    }
  }

  @Test("a definition is Healthy once it is established", arguments: Plane.tested)
  func definition(plane: Plane) async throws {
    var settings = DoubleSettings()
    settings.definitionEstablishDelay = 0.3
    try await Cluster.with(plane, settings) { cluster in
      let shop = try app([Definitions.definition])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: Definitions.name, in: shop)
      #expect(
        try await cluster.object(Definitions.resource, Definitions.name)?[
          path: "status", "conditions"] != nil)
    }
  }

  @Test(
    "an agent that starts anew knows the health of everything from what watches tell first", arguments: Plane.tested)
  func newAgent(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let shop = try app([deployment("web"), configMap("settings")])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: "web", in: shop)
      try await Cluster.with(cluster.server) { second in
        #expect(await second.health(of: "web", in: shop).hasPrefix("Unknown!"))
        #expect(await second.apply(shop) == ["web": "unchanged", "settings": "unchanged"])
        #expect(await second.health(of: "web", in: shop) == "Healthy")
      }
    }
  }
}
