import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The health of workloads is told from watches, with the reason beneath them")
struct ObservedWorkloadTests {
  @Test("a Deployment is Healthy only when its new Pods are there, at every release anew", arguments: Plane.tested)
  func rolls(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      for (image, generation) in [("nginx:1", 1), ("nginx:2", 2)] {
        let shop = try app([deployment("web", image: image)])
        cluster.changes.forget()
        await cluster.apply(shop)
        try await cluster.waits(for: "Healthy", of: "web", in: shop)
        let status = try await cluster.object(deployments, "web")?["status"]
        #expect(status?["observedGeneration"] == .integer(Int64(generation)))
        #expect(status?["updatedReplicas"] == 2 && status?["availableReplicas"] == 2)
        try await eventually("it is told") { cluster.changes.contains(.healthChanged(app: Own.name("shop"))) }
      }
    }
  }

  @Test("while its Pods start, a workload is Progressing and says how many there are")
  func starting() async throws {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    settings.podStartDelay = 3_600
    try await Cluster.withDouble(settings) { double, cluster in
      let shop = try app([
        deployment("web"), workload("StatefulSet", "db").spec("serviceName", "db"),
        workload("DaemonSet", "log", replicas: nil), job("once"),
      ])
      await cluster.apply(shop)
      try await cluster.waits(for: "Progressing! 0 of 2 available", of: "web", in: shop)
      try await cluster.waits(for: "Progressing! 0 of 2 ready", of: "db", in: shop)
      try await cluster.waits(for: "Progressing! 0 of 1 available", of: "log", in: shop)
      try await cluster.waits(for: "Progressing! 0 of 1 completed", of: "once", in: shop)
    }
  }

  @Test(
    "a stuck image holds the gate and says which Pod and why; past the deadline it is Degraded", arguments: Plane.tested
  )
  func stuckImage(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      // The double rolls all replicas at once, a real one a quarter of them.
      let others = plane == .double ? " and 2 more" : ""
      let good = try app([deployment("web", replicas: 3)])
      await cluster.apply(good)
      try await cluster.waits(for: "Healthy", of: "web", in: good)
      let broken = deployment("web", replicas: 3, image: "nginx:broken")
      let bad = try app([broken])
      await cluster.apply(bad)
      try await cluster.waits(for: "the words while it is tried", of: "web", in: bad) {
        $0.hasPrefix("Progressing! ") && $0.contains(": ImagePullBackOff on web-")
          && $0.hasSuffix("\(others): manifest unknown")
      }
      let late = try app([broken.spec("progressDeadlineSeconds", 1)])
      await cluster.apply(late)
      try await cluster.waits(for: "the words of failure", of: "web", in: late) {
        $0.hasPrefix("Degraded! 3 of 3 available, progress deadline exceeded: ImagePullBackOff on web-")
          && $0.hasSuffix("\(others): manifest unknown")
      }
      await cluster.apply(good)
      try await cluster.waits(for: "Healthy", of: "web", in: good)
      #expect(cluster.target.inquiries.count <= 1)
    }
  }

  @Test("containers that crash are told of too", arguments: Plane.tested)
  func crashing(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let shop = try app([deployment("web", image: "nginx:crashing")])
      await cluster.apply(shop)
      try await cluster.waits(for: "the crash", of: "web", in: shop) {
        $0.hasPrefix("Progressing! 0 of 2 available: CrashLoopBackOff on web-")
      }
    }
  }

  @Test("replicas that an autoscaler sets are left alone, and the Deployment is Healthy with as many")
  func autoscaled() async throws {
    try await Cluster.withDouble(Cluster.workloads) { double, cluster in
      let scaler: Value = [
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": ["name": "scaler", "namespace": .string(Own.namespace)],
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
      try await cluster.server.patch(deployments, "web", ["spec": ["replicas": 5]], subresource: "scale")
      try await cluster.waits(for: "Healthy", of: "web", in: shop)
      try await eventually("all five run") {
        try await cluster.object(deployments, "web")?[path: "status", "availableReplicas"] == 5
      }
      #expect(await cluster.apply(shop) == ["web": "unchanged", "scaler": "unchanged"])
      #expect(!cluster.changes.contains(.drifted(app: Own.name("shop"))))
    }
  }

  @Test("StatefulSets and DaemonSets are Healthy only when their new Pods are there, at every release anew")
  func sets() async throws {
    try await Cluster.withDouble(Cluster.workloads) { double, cluster in
      for image in ["nginx:1", "nginx:2"] {
        let shop = try app([
          workload("StatefulSet", "db", image: image).spec("serviceName", "db"),
          workload("DaemonSet", "log", replicas: nil, image: image),
        ])
        await cluster.apply(shop)
        try await cluster.waits(for: "Healthy", of: "db", in: shop)
        try await cluster.waits(for: "Healthy", of: "log", in: shop)
        #expect(try await cluster.object(statefulSets, "db")?[path: "status", "updatedReplicas"] == 2)
        #expect(try await cluster.object(daemonSets, "log")?[path: "status", "updatedNumberScheduled"] == 1)
      }
    }
  }

  @Test("a set whose Pods cannot start says why")
  func stuckSets() async throws {
    try await Cluster.withDouble(Cluster.workloads) { double, cluster in
      let shop = try app([workload("StatefulSet", "db", image: "nginx:broken").spec("serviceName", "db")])
      await cluster.apply(shop)
      try await cluster.waits(
        for: "Progressing! 0 of 2 ready: ImagePullBackOff on db-0: manifest unknown", of: "db", in: shop)
    }
  }

  @Test("a Job is Healthy when it is complete, and Degraded when it has failed", arguments: Plane.tested)
  func jobs(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let shop = try app([job("good"), job("bad", image: "job:failing")])
      await cluster.apply(shop)
      try await cluster.waits(for: "Healthy", of: "good", in: shop)
      try await cluster.waits(for: "the failure", of: "bad", in: shop) {
        $0.hasPrefix("Degraded! BackoffLimitExceeded: Job has reached the specified backoff limit")
      }
    }
  }

  @Test(
    "a Pod that nothing can place is Degraded after a while, though nothing is told any longer", arguments: Plane.tested
  )
  func unplaced(plane: Plane) async throws {
    let clock = HandClock()
    try await Server.with(plane) { server in
      try await Cluster.with(server, now: { clock.now }) { cluster in
        let pod: Value = [
          "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "alone", "namespace": .string(Own.namespace)],
          "spec": ["containers": [["name": "web", "image": "nginx:1"]]],
        ]
        let shop = try app([pod])
        await cluster.apply(shop)
        let condition: Value = [
          "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available",
          "lastTransitionTime": .string("\(Timestamp.now)"),
        ]
        let pods = APIResource(
          group: "", version: "v1", kind: "Pod", name: "pods", isNamespaced: true, verbs: [])
        try await server.patch(
          pods, "alone", ["status": ["phase": "Pending", "conditions": [condition]]], subresource: "status")
        try await cluster.waits(
          for: "Progressing! Unschedulable: 0/1 nodes are available", of: "alone", in: shop)
        clock.advance(PodHealth.placingTime + .seconds(1))
        cluster.changes.forget()
        try await eventually("it is told") {
          cluster.changes.contains(.healthChanged(app: Own.name("shop")))
        }
        try await cluster.waits(for: "Degraded! Unschedulable: 0/1 nodes are available", of: "alone", in: shop)
      }
    }
  }
}
