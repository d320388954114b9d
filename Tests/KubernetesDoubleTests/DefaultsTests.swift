import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// What the server fills in: the double against the real one, kind by kind.
@Suite("Defaults", .enabled(if: RealControlPlane.isConfigured, "\(RealControlPlane.notice)"))
struct DefaultsTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var api: String
    var plural: String
    var object: Value
    var testDescription: String { plural }

    init(_ apiVersion: String, _ kind: String, _ plural: String, _ fields: Object) {
      api = apiVersion == "v1" ? "/api/v1" : "/apis/\(apiVersion)"
      self.plural = plural
      var object: Object = ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": ["name": "x"]]
      for (name, value) in fields { object[name] = value }
      self.object = .object(object)
    }
  }

  private static let probe: Value = ["httpGet": ["path": "/", "port": 80]]
  private static let pod: Value = [
    "containers": [
      [
        "name": "web", "image": "web", "ports": [["containerPort": 80]], "livenessProbe": probe,
        "env": [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
        "resources": ["limits": ["cpu": "100m"]],
      ]
    ],
    "volumes": [
      ["name": "c", "configMap": ["name": "c"]], ["name": "s", "secret": ["secretName": "s"]],
      ["name": "e", "emptyDir": [:]],
    ],
  ]
  private static let template: Value = ["metadata": ["labels": ["app": "x"]], "spec": pod]
  private static let workload: Object = ["selector": ["matchLabels": ["app": "x"]], "template": template]
  private static let once: Value = [
    "spec": ["restartPolicy": "Never", "containers": [["name": "job", "image": "job:1"]]]
  ]

  static let examples: [Example] = [
    Example("apps/v1", "Deployment", "deployments", ["spec": .object(workload)]),
    Example("apps/v1", "StatefulSet", "statefulsets", ["spec": .object(workload)]),
    Example("apps/v1", "DaemonSet", "daemonsets", ["spec": .object(workload)]),
    Example("apps/v1", "ReplicaSet", "replicasets", ["spec": .object(workload)]),
    Example("batch/v1", "Job", "jobs", ["spec": ["template": once]]),
    Example(
      "batch/v1", "CronJob", "cronjobs",
      ["spec": ["schedule": "* * * * *", "jobTemplate": ["spec": ["template": once]]]]),
    Example("v1", "Pod", "pods", ["spec": pod]),
    Example("v1", "Service", "services", ["spec": ["selector": ["app": "x"], "ports": [["port": 80]]]]),
    Example("v1", "Secret", "secrets", ["stringData": ["a": "b"]]),
    Example("v1", "ServiceAccount", "serviceaccounts", [:]),
    Example(
      "v1", "PersistentVolumeClaim", "persistentvolumeclaims",
      ["spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]]),
    Example(
      "networking.k8s.io/v1", "Ingress", "ingresses",
      ["spec": ["defaultBackend": ["service": ["name": "x", "port": ["number": 80]]]]]),
    Example("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", ["spec": ["podSelector": [:]]]),
    Example(
      "policy/v1", "PodDisruptionBudget", "poddisruptionbudgets",
      ["spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "x"]]]]),
    Example(
      "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
      ["spec": ["maxReplicas": 3, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "x"]]]),
    Example(
      "rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings",
      [
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"],
        "subjects": [["kind": "ServiceAccount", "name": "x"]],
      ]),
  ]

  @Test("are the same", arguments: examples)
  func same(_ example: Example) async throws {
    var found: [Value] = []
    for plane in Plane.allCases {
      try await plane.run { cluster in
        let reply = try await cluster.apply(
          "\(example.api)/namespaces/\(cluster.namespace)/\(example.plural)/x", example.object)
        #expect(reply.status == 201, "\(reply.text)")
        found.append(Self.comparable(reply.value, cluster.namespace))
      }
    }
    let texts = found.map { String(decoding: JSON.canonical($0), as: UTF8.self) }
    #expect(texts.first == texts.last)
  }

  /// Without what differs between any two objects.
  private static func comparable(_ value: Value, _ namespace: String) -> Value {
    var value = value
    for field in ["uid", "resourceVersion", "creationTimestamp", "namespace"] {
      value = value.with("metadata", field, value: nil)
    }
    let managed = value[path: "metadata", "managedFields"]?.array ?? []
    value = value.with("metadata", "managedFields", value: .array(managed.map { $0.with("time", value: nil) }))
    for field in ["clusterIP", "clusterIPs"] where value["kind"] == "Service" {
      value = value.with("spec", field, value: nil)
    }
    if value["kind"] == "Job" {
      value = value.with("spec", "selector", value: nil)
      value = value.with("spec", "template", "metadata", value: nil)
      value = value.with("metadata", "labels", value: nil)
    }
    value["status"] = nil
    return value
  }
}
