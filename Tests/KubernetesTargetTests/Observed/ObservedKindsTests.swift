import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Every kind is judged by what the server and its own controllers make of it")
struct ObservedKindsTests {
  private func object(_ apiVersion: String, _ kind: String, _ name: String, _ spec: Value?) -> Value {
    var object: Object = [
      "apiVersion": .string(apiVersion), "kind": .string(kind),
      "metadata": ["name": .string(name), "namespace": .string(Own.namespace)],
    ]
    object["spec"] = spec
    return .object(object)
  }

  private func workload(_ kind: String, _ name: String) -> Value {
    deployment(name, label: name).setting("kind", .string(kind))
  }

  @Test("what works is Healthy, and what may never come holds no gate", arguments: Plane.tested)
  func kinds(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let job: Value = [
        "spec": [
          "restartPolicy": "Never", "schedulerName": .string(schedulerOfTests),
          "containers": [["name": "job", "image": "job:1"]],
        ]
      ]
      let port: Value = ["name": "http", "port": 80]
      let backend: Value = ["service": ["name": "balanced", "port": ["number": 80]]]
      let shop = try app([
        workload("Deployment", "web"), workload("StatefulSet", "db").spec("serviceName", "db"),
        workload("ReplicaSet", "set"), KubernetesTargetTests.job("once"),
        object(
          "batch/v1", "CronJob", "nightly", ["schedule": "0 3 * * *", "jobTemplate": ["spec": ["template": job]]]),
        object("v1", "Service", "plain", ["selector": ["app": "web"], "ports": [port]]),
        object("v1", "Service", "balanced", ["type": "LoadBalancer", "selector": ["app": "web"], "ports": [port]]),
        object("networking.k8s.io/v1", "Ingress", "entry", ["defaultBackend": backend]),
        object(
          "policy/v1", "PodDisruptionBudget", "budget",
          ["maxUnavailable": 1, "selector": ["matchLabels": ["app": "web"]]]),
        object("v1", "Secret", "keys", nil), configMap("settings"), Definitions.definition,
      ])
      #expect(Set(await cluster.apply(shop).values) == ["created"])
      let healthy = [
        "web", "db", "set", "once", "nightly", "plain", "budget", "keys", "settings", Definitions.name,
      ]
      for name in healthy { try await cluster.waits(for: "Healthy", of: name, in: shop) }
      for name in ["balanced", "entry"] {
        try await cluster.waits(for: "\(name) holds no gate", of: name, in: shop) {
          $0 == "Healthy" || $0.hasPrefix("Progressing ")
        }
      }
      #expect(Set(await cluster.apply(shop).values) == ["unchanged"], "what controllers write is no drift")
    }
  }

  @Test("a claim is Healthy once a volume is bound to it", arguments: Plane.tested)
  func claim(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let volumes = APIResource(
        group: "", version: "v1", kind: "PersistentVolume", name: "persistentvolumes", isNamespaced: false, verbs: [])
      try await cluster.server.create(
        volumes,
        [
          "apiVersion": "v1", "kind": "PersistentVolume",
          "metadata": ["name": .string(Own.name("disk")), "labels": .object(Own.mark)],
          "spec": [
            "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/tmp"],
            "persistentVolumeReclaimPolicy": "Retain", "storageClassName": .string(Own.namespace),
          ],
        ])
      let claim = object(
        "v1", "PersistentVolumeClaim", "data",
        [
          "accessModes": ["ReadWriteOnce"], "storageClassName": .string(Own.namespace),
          "resources": ["requests": ["storage": "1Gi"]],
        ])
      let shop = try app([claim])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: "data", in: shop)
      #expect(await cluster.apply(shop) == ["data": "unchanged"], "what the binder writes is no drift")
    }
  }

  @Test(
    "an autoscaler that gets no metrics is Degraded, in its controller's words",
    .enabled(if: RealControlPlane.isStartedHere, "\(RealControlPlane.noticeOfOwn)"))
  func autoscaler() async throws {
    try await Cluster.running(.real) { cluster in
      let target: Value = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]
      let shop = try app([
        workload("Deployment", "web"),
        object("autoscaling/v2", "HorizontalPodAutoscaler", "scaler", ["maxReplicas": 9, "scaleTargetRef": target]),
      ])
      await cluster.apply(shop)
      try await cluster.waits(for: "its trouble", of: "scaler", in: shop) {
        $0.hasPrefix("Degraded! FailedGetResourceMetric: ")
      }
    }
  }
}
