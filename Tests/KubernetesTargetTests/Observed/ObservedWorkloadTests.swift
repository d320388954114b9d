import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The health of workloads is told from watches, with the reason beneath them")
struct ObservedWorkloadTests {
  @Test("a Deployment that rolls is Progressing until its new Pods are there, at every release anew")
  func rolls() async throws {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    settings.podStartDelay = 0.3
    try await Cluster.with(settings) { cluster in
      for image in ["nginx:1", "nginx:2"] {
        let shop = try app([deployment("web", image: image)])
        await cluster.apply(shop)
        #expect(await cluster.health(of: "web", in: shop).hasPrefix("Progressing!"), "\(image)")
        cluster.changes.forget()
        try await cluster.waits(for: "Healthy", of: "web", in: shop)
        try await eventually("it is told") { cluster.changes.contains(.healthChanged(app: "shop")) }
      }
    }
  }

  @Test("a stuck image holds the gate and says which Pod and why; past the deadline it is Degraded")
  func stuckImage() async throws {
    try await Cluster.running { cluster in
      let good = try app([deployment("web", replicas: 3)])
      await cluster.apply(good)
      try await cluster.waits(for: "Healthy", of: "web", in: good)
      let bad = try app([
        deployment("web", replicas: 3, image: "nginx:broken").spec("progressDeadlineSeconds", 3)
      ])
      await cluster.apply(bad)
      try await cluster.waits(for: "the words while it is tried", of: "web", in: bad) {
        $0.hasPrefix("Progressing! ") && $0.contains(": ImagePullBackOff on web-")
          && $0.hasSuffix(" and 2 more: manifest unknown")
      }
      try await cluster.waits(for: "the words of failure", of: "web", in: bad) {
        $0.hasPrefix("Degraded! 3 of 3 available, progress deadline exceeded: ImagePullBackOff on web-")
          && $0.hasSuffix(" and 2 more: manifest unknown")
      }
      await cluster.apply(good)
      try await cluster.waits(for: "Healthy", of: "web", in: good)
      #expect(cluster.target.inquiries.count <= 1)
    }
  }

  @Test("containers that crash are told of too")
  func crashing() async throws {
    try await Cluster.running { cluster in
      let shop = try app([deployment("web", image: "nginx:crashing")])
      await cluster.apply(shop)
      try await cluster.waits(for: "the crash", of: "web", in: shop) {
        $0.hasPrefix("Progressing! 0 of 2 available: CrashLoopBackOff on web-")
      }
    }
  }

  @Test("replicas that an autoscaler sets are left alone, and the Deployment is Healthy with as many")
  func autoscaled() async throws {
    try await Cluster.running { cluster in
      let scaler: Value = [
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": ["name": "scaler", "namespace": "default"],
        "spec": [
          "minReplicas": 1, "maxReplicas": 9,
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
        ],
      ]
      let shop = try app([deployment("web", replicas: nil), scaler])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: "web", in: shop)
      try await cluster.waits(for: "Healthy", of: "scaler", in: shop)
      cluster.changes.forget()
      try await cluster.server.patch(deployments, "default", "web", ["spec": ["replicas": 5]], subresource: "scale")
      try await cluster.waits(for: "Healthy", of: "web", in: shop)
      try await eventually("all five run") {
        cluster.object("deployments.apps", "web")?[path: "status", "availableReplicas"] == 5
      }
      #expect(await cluster.apply(shop) == ["web": "unchanged", "scaler": "unchanged"])
      #expect(!cluster.changes.contains(.drifted(app: "shop")))
    }
  }

  @Test("StatefulSets and DaemonSets are Healthy once their Pods are, at every release anew")
  func sets() async throws {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    settings.podStartDelay = 0.3
    try await Cluster.with(settings) { cluster in
      for image in ["nginx:1", "nginx:2"] {
        let database = workload("StatefulSet", "db", image: image).spec("serviceName", "db")
        var daemon = workload("DaemonSet", "log", replicas: nil, image: image)
        daemon = daemon.spec("selector", ["matchLabels": ["app": "web"]])
        let shop = try app([database, daemon])
        await cluster.apply(shop)
        #expect(await cluster.health(of: "db", in: shop) != "Healthy")
        #expect(await cluster.health(of: "log", in: shop) != "Healthy")
        try await cluster.waits(for: "Healthy", of: "db", in: shop)
        try await cluster.waits(for: "Healthy", of: "log", in: shop)
      }
    }
  }

  @Test("a set whose Pods cannot start says why")
  func stuckSets() async throws {
    try await Cluster.running { cluster in
      let shop = try app([workload("StatefulSet", "db", image: "nginx:broken").spec("serviceName", "db")])
      await cluster.apply(shop)
      try await cluster.waits(
        for: "Progressing! 0 of 2 ready: ImagePullBackOff on db-0: manifest unknown", of: "db", in: shop)
    }
  }

  @Test("a Job is Healthy when it is complete, and Degraded when it has failed")
  func jobs() async throws {
    try await Cluster.running { cluster in
      let shop = try app([job("good"), job("bad", image: "job:failing")])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: "good", in: shop)
      try await cluster.waits(for: "the failure", of: "bad", in: shop) {
        $0.hasPrefix("Degraded! BackoffLimitExceeded: Job has reached the specified backoff limit")
      }
    }
  }
}
