import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

/// One after the other: a broken APIService holds up the deletion of every namespace of its server.
@Suite("What is unwell about a server is said, tried again, and keeps nothing else from being done", .serialized)
struct UnwellServerTests {
  /// The result for one object, and its error.
  private func result(_ name: String, _ app: DesiredApp, _ cluster: Cluster) async -> (word: String, error: FleetError?)
  {
    let outcome = await cluster.target.apply(app, .enforce).first { $0.id.name == name }
    return (outcome?.result.word ?? "none", outcome?.result.error)
  }

  @Test("a webhook that is down holds up what it is asked about, and only that", arguments: Plane.tested)
  func webhookDown(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let rule: Value = [
        "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
      ]
      let webhook: Value = [
        "name": "guard.example.com", "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": ["url": "https://127.0.0.1:1/guard"], "failurePolicy": "Fail",
        "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(Own.namespace)]],
        "objectSelector": ["matchLabels": ["guarded": "yes"]],
      ]
      let webhooks = APIResource(
        group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingWebhookConfiguration",
        name: "validatingwebhookconfigurations", isNamespaced: false, verbs: [])
      try await cluster.server.create(
        webhooks,
        [
          "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
          "metadata": ["name": .string(Own.name("guard")), "labels": .object(Own.mark)], "webhooks": [webhook],
        ])
      // A real server takes a moment to know of its webhook.
      var number = 0
      try await eventually("it is refused") {
        number += 1
        let guarded = configMap("guarded-\(number)", labels: ["guarded": "yes"])
        let shop = try app([guarded, configMap("free-\(number)")])
        let (_, error) = await result("guarded-\(number)", shop, cluster)
        #expect(await result("free-\(number)", shop, cluster).error == nil)
        return error?.code == APIFailure.Kind.serverFailure.code
          && error?.cause.contains("failed calling webhook \"guard.example.com\"") == true
      }
      let waiting = try app([configMap("guarded-\(number)", labels: ["guarded": "yes"])])
      guard case .failed(_, let isTransient)? = await cluster.target.apply(waiting, .enforce).first?.result else {
        Issue.record("it is not refused")
        return
      }
      #expect(isTransient)
      try await cluster.server.delete(webhooks, Own.name("guard"))
      try await eventually("it is applied once the webhook is gone") {
        await cluster.apply(waiting)["guarded-\(number)"] == "created"
      }
    }
  }

  @Test("a quota says what is exceeded, is tried again, and what is not under it is applied", arguments: Plane.tested)
  func quota(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let quotas = APIResource(
        group: "", version: "v1", kind: "ResourceQuota", name: "resourcequotas", isNamespaced: true, verbs: [])
      let hard: Value = ["count/secrets": "0"]
      try await cluster.server.create(
        quotas,
        [
          "apiVersion": "v1", "kind": "ResourceQuota",
          "metadata": ["name": "q", "namespace": .string(Own.namespace)], "spec": ["hard": hard],
        ])
      try await cluster.server.patch(
        quotas, "q", ["status": ["hard": hard, "used": ["count/secrets": "0"]]], subresource: "status")
      func secret(_ name: String) -> Value {
        [
          "apiVersion": "v1", "kind": "Secret",
          "metadata": ["name": .string(name), "namespace": .string(Own.namespace)],
        ]
      }
      var (number, found) = (0, FleetError?.none)
      try await eventually("it is exceeded") {
        number += 1
        let shop = try app([secret("keys-\(number)"), configMap("settings")])
        found = await result("keys-\(number)", shop, cluster).error
        return found != nil
      }
      #expect(found?.cause.contains("exceeded quota: q, requested: count/secrets=1") == true, "\(found?.cause ?? "")")
      #expect(try await cluster.object(Server.configMaps, "settings") != nil)
      try await cluster.server.delete(quotas, "q")
      try await eventually("it is applied once there is room") {
        await cluster.apply(try app([secret("keys-\(number)"), configMap("settings")]))["keys-\(number)"] == "created"
      }
    }
  }

  @Test("a namespace that is stuck terminating is waited for, and said to be", arguments: Plane.tested)
  func terminatingNamespace(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      guard cluster.server.cluster.plane.runsControllers else { return }
      let name = Own.name("doomed")
      let namespace: Value = [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name), "labels": .object(Own.mark)],
      ]
      var held = configMap("held").placed(in: name)
      held["metadata"]?["finalizers"] = ["example.com/hold"]
      let shop = try app([namespace, held])
      #expect(await cluster.apply(shop) == [name: "created", "held": "created"])
      try await cluster.server.delete(Server.namespaces, name)
      let more = try app([namespace, held, configMap("more").placed(in: name)])
      let refused = await result("more", more, cluster)
      #expect(refused.word == "failed: api-namespace-terminating")
      #expect(refused.error?.cause.contains("is being terminated") == true)
      try await cluster.waits(for: "the namespace's health", of: name, in: shop) { $0.hasPrefix("Progressing!") }
      try await cluster.server.cluster.call(
        "PATCH", "/api/v1/namespaces/\(name)/configmaps/held", ["metadata": ["finalizers": .null]],
        type: "application/merge-patch+json")
      try await eventually("it is gone") { try await cluster.object(Server.namespaces, name) == nil }
      try await eventually("it comes anew") {
        await cluster.apply(more)
        return try await cluster.object(Server.configMaps, "more", namespace: name) != nil
      }
    }
  }

  @Test("an aggregated API that is broken is named by who needs it, and nobody else notices", arguments: Plane.tested)
  func brokenService(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let services = APIResource(
        group: "apiregistration.k8s.io", version: "v1", kind: "APIService", name: "apiservices", isNamespaced: false,
        verbs: [])
      let name = "v1.\(Definitions.group)"
      try await cluster.server.create(
        services,
        [
          "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
          "metadata": ["name": .string(name), "labels": .object(Own.mark)],
          "spec": [
            "group": .string(Definitions.group), "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": ["namespace": .string(Own.namespace), "name": "nothing"],
          ],
        ])
      let shop = try app([Definitions.widget, configMap("settings")])
      try await eventually("it is known to be broken") {
        let widget = await result("one", shop, cluster)
        return widget.error?.message
          == "the server of \(Definitions.group)/v1 does not answer, so Widget is not known"
      }
      #expect(await cluster.apply(shop)["settings"] == "unchanged")
      // What such a group has cannot be known, so none of it counts as deleted.
      let id = ObjectID(group: Definitions.group, kind: "Widget", namespace: Own.namespace, name: "one")
      let deleted = await cluster.target.delete([OwnedObject(app: shop.name, id: id)])
      #expect(deleted.map(\.result.word) == ["failed: api-server-failure"])
      try await cluster.server.delete(services, name)
    }
  }
}
