import FleetModel
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The reason in words comes from related objects")
struct TroubleTests {
  private let deployment = """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","uid":"d1","generation":2},
    "spec":{"replicas":3},"status":{"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":1}}
    """

  private func replicaSet(_ uid: String, revision: Int, status: String = "") throws -> Value {
    try json(
      """
      {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web-\(uid)","namespace":"shop","uid":"\(uid)",
      "annotations":{"deployment.kubernetes.io/revision":"\(revision)"},"ownerReferences":[{"uid":"d1"}]},
      "spec":{"replicas":3},"status":{\(status)}}
      """)
  }

  private func pod(_ name: String, of owner: String, waiting reason: String, _ message: String = "") throws -> Value {
    try json(
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","namespace":"shop","uid":"\(name)",
      "ownerReferences":[{"uid":"\(owner)"}]},"status":{"phase":"Pending","containerStatuses":[{"name":"web",
      "state":{"waiting":{"reason":"\(reason)","message":"\(message)"}}}]}}
      """)
  }

  private func warning(_ uid: String, _ reason: String, _ message: String, _ time: String = "12:00:00") -> Value {
    [
      "type": "Warning", "reason": .string(reason), "message": .string(message),
      "involvedObject": ["uid": .string(uid)], "lastTimestamp": .string("2026-01-01T\(time)Z"),
    ]
  }

  @Test("an image that cannot be pulled: the Pod, and the innermost cause from the event")
  func badImage() throws {
    let message =
      "Failed to pull image \"shop/web:nope\": rpc error: code = NotFound desc = failed to resolve: "
      + "manifest unknown"
    let neighbours = Neighbours(
      objects: [
        try replicaSet("7d9f8", revision: 2), try replicaSet("old", revision: 1),
        try pod("web-7d9f8-a", of: "7d9f8", waiting: "ImagePullBackOff", "Back-off pulling image"),
        try pod("web-7d9f8-b", of: "7d9f8", waiting: "ImagePullBackOff", "Back-off pulling image"),
        try pod("web-old-a", of: "old", waiting: "CrashLoopBackOff"),
      ],
      events: [
        warning("web-7d9f8-a", "Failed", "Error: ErrImagePull"), warning("web-7d9f8-a", "Failed", message, "11:59:00"),
        warning("web-7d9f8-b", "Failed", message),
      ])
    let verdict = try verdict(deployment, beside: neighbours)
    #expect(
      verdict == "Progressing! 1 of 3 available: ImagePullBackOff on web-7d9f8-a and 1 more: manifest unknown")
  }

  @Test("newer kubelets say the cause in the Pod's status itself")
  func badImageWithoutEvents() throws {
    let neighbours = Neighbours(objects: [
      try replicaSet("7d9f8", revision: 2),
      try pod(
        "web-7d9f8-a", of: "7d9f8", waiting: "ErrImagePull",
        "rpc error: code = Unauthenticated desc = failed to authorize: 401 Unauthorized"),
    ])
    #expect(
      try verdict(deployment, beside: neighbours)
        == "Progressing! 1 of 3 available: ErrImagePull on web-7d9f8-a: 401 Unauthorized")
  }

  @Test("Pods that are not even created: the ReplicaSet says why")
  func quota() throws {
    let failure =
      "\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\","
      + "\"message\":\"pods is forbidden: exceeded quota: few\"}]"
    let neighbours = Neighbours(objects: [try replicaSet("7d9f8", revision: 2, status: failure)])
    #expect(
      try verdict(deployment, beside: neighbours)
        == "Progressing! 1 of 3 available: FailedCreate: pods is forbidden: exceeded quota: few")
  }

  @Test("a Pod that starts and is well says nothing; a warning about one does, the latest first")
  func warnings() throws {
    var neighbours = Neighbours(objects: [
      try replicaSet("7d9f8", revision: 2), try pod("web-7d9f8-a", of: "7d9f8", waiting: "ContainerCreating"),
    ])
    #expect(try verdict(deployment, beside: neighbours) == "Progressing! 1 of 3 available")
    neighbours.events = [
      warning("web-7d9f8-a", "FailedMount", "older", "11:00:00"),
      warning("web-7d9f8-a", "FailedMount", "secret \"tls\" not found", "12:00:00"),
    ]
    #expect(
      try verdict(deployment, beside: neighbours)
        == "Progressing! 1 of 3 available: FailedMount on web-7d9f8-a: secret \"tls\" not found")
  }

  @Test("a claim that cannot be provisioned says what its provisioner says")
  func provisioning() throws {
    let claim = """
      {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","uid":"c1"},"spec":{},
      "status":{"phase":"Pending"}}
      """
    let neighbours = Neighbours(events: [warning("c1", "ProvisioningFailed", "storageclass \"fast\" not found")])
    #expect(
      try verdict(claim, beside: neighbours)
        == "Progressing! not bound to a volume: ProvisioningFailed: storageclass \"fast\" not found")
  }

  @Test("a reason is one line of bounded length")
  func bounds() throws {
    let long = String(repeating: "word \n", count: 10_000)
    let neighbours = Neighbours(events: [warning("d1", "Failed", long)])
    let verdict = try judged(deployment, beside: neighbours)
    #expect(verdict.reason.count <= 400)
    #expect(!verdict.reason.contains("\n"))
    #expect(verdict.reason.hasSuffix("…"))
  }
}
