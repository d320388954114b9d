import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// What the double's workloads lead to, as knowledge/health.md reads it.
@Suite("Workloads")
struct WorkloadTests {
  private func run(_ body: (TestCluster) async throws -> Void) async throws {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    try await Plane.runDouble(settings) { try await body($1) }
  }

  private func condition(_ reply: Reply, _ type: String) -> Value? {
    reply.value[path: "status", "conditions"]?.item("type", type)
  }

  @Test("a Deployment has a ReplicaSet and Pods, and says when they are there")
  func deployment() async throws {
    try await run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", replicas: 2))
      let reply = try await cluster.wait(path, for: "done") {
        condition($0, "Progressing")?["reason"] == "NewReplicaSetAvailable"
      }
      #expect(condition(reply, "Available")?["status"] == "True")
      for field in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
        #expect(reply.value["status"]?[field] == 2)
      }
      #expect(reply.value[path: "status", "observedGeneration"] == 1)
      let sets = try await cluster.call("GET", "/apis/apps/v1/namespaces/\(cluster.namespace)/replicasets")
      let pods = try await cluster.call("GET", "/api/v1/namespaces/\(cluster.namespace)/pods?labelSelector=app=web")
      let set = try #require(sets.value["items"]?.array?.first)
      #expect(pods.value["items"]?.array?.count == 2)
      let owner = pods.value["items"]?.array?.first?[path: "metadata", "ownerReferences"]?.array?.first
      #expect(owner?["uid"] == set[path: "metadata", "uid"])
    }
  }

  @Test("an image that cannot be pulled leaves its Pod waiting, warned of, and the old Pods running")
  func brokenImage() async throws {
    try await run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web", image: "web:1"))
      try await cluster.wait(path, for: "done") { condition($0, "Progressing")?["reason"] == "NewReplicaSetAvailable" }
      let broken = TestCluster.deployment("web", image: "web:broken").with("spec", "progressDeadlineSeconds", value: 1)
      _ = try await cluster.apply(path, broken)
      let events = try await cluster.wait(
        "/api/v1/namespaces/\(cluster.namespace)/events?fieldSelector=type=Warning", for: "there"
      ) { $0.value["items"]?.array?.isEmpty == false }
      #expect(events.text.contains("manifest unknown"))
      let pods = try await cluster.call("GET", "/api/v1/namespaces/\(cluster.namespace)/pods")
      let reasons = pods.value["items"]?.array?.compactMap {
        $0[path: "status", "containerStatuses"]?.array?.first?[path: "state", "waiting", "reason"]?.string
      }
      #expect(reasons == ["ImagePullBackOff"])
      #expect(pods.value["items"]?.array?.count == 2)
      let late = try await cluster.wait(path, for: "late") {
        condition($0, "Progressing")?["reason"] == "ProgressDeadlineExceeded"
      }
      #expect(condition(late, "Available")?["status"] == "True")
    }
  }

  @Test("StatefulSets, DaemonSets and Jobs get where they should")
  func others() async throws {
    try await run { cluster in
      let apps = "/apis/apps/v1/namespaces/\(cluster.namespace)"
      let set = TestCluster.deployment("db", replicas: 2).with("kind", value: "StatefulSet")
        .with("spec", "serviceName", value: "db")
      _ = try await cluster.apply("\(apps)/statefulsets/db", set)
      _ = try await cluster.apply(
        "\(apps)/daemonsets/log", TestCluster.deployment("log").with("kind", value: "DaemonSet"))
      let pod: Value = ["restartPolicy": "Never", "containers": [["name": "job", "image": "job:1"]]]
      let jobs = "/apis/batch/v1/namespaces/\(cluster.namespace)/jobs"
      _ = try await cluster.apply(
        "\(jobs)/once",
        [
          "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "once"],
          "spec": ["template": ["spec": pod]],
        ])
      let done = try await cluster.wait("\(apps)/statefulsets/db", for: "done") {
        $0.value[path: "status", "readyReplicas"] == 2
      }
      #expect(done.value[path: "status", "currentRevision"] == done.value[path: "status", "updateRevision"])
      try await cluster.wait("\(apps)/daemonsets/log", for: "done") { $0.value[path: "status", "numberReady"] == 1 }
      try await cluster.wait("\(jobs)/once", for: "complete") { condition($0, "Complete")?["status"] == "True" }
    }
  }

  @Test("a deleted Deployment takes its ReplicaSet and Pods along")
  func deletion() async throws {
    try await run { cluster in
      let path = "\(cluster.deployments)/web"
      _ = try await cluster.apply(path, TestCluster.deployment("web"))
      let pods = "/api/v1/namespaces/\(cluster.namespace)/pods"
      try await cluster.wait(pods, for: "there") { $0.value["items"]?.array?.count == 1 }
      _ = try await cluster.call("DELETE", "\(path)?propagationPolicy=Foreground")
      try await cluster.wait(path, for: "gone") { $0.status == 404 }
      try await cluster.wait(pods, for: "gone") { $0.value["items"]?.array?.isEmpty == true }
    }
  }

  @Test("a claim is bound, an autoscaler able")
  func claimsAndAutoscalers() async throws {
    try await run { cluster in
      let claims = "/api/v1/namespaces/\(cluster.namespace)/persistentvolumeclaims"
      let spec: Value = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
      _ = try await cluster.apply(
        "\(claims)/data",
        ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"], "spec": spec])
      try await cluster.wait("\(claims)/data", for: "bound") { $0.value[path: "status", "phase"] == "Bound" }
      let scalers = "/apis/autoscaling/v2/namespaces/\(cluster.namespace)/horizontalpodautoscalers"
      let target: Value = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]
      _ = try await cluster.apply(
        "\(scalers)/web",
        [
          "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "web"],
          "spec": ["scaleTargetRef": target, "maxReplicas": 3],
        ])
      try await cluster.wait("\(scalers)/web", for: "able") { condition($0, "AbleToScale")?["status"] == "True" }
    }
  }
}
