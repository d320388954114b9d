import Testing

@Suite("The health of a Deployment")
struct DeploymentHealthTests {
  /// As a real API server has it, with the parts that matter filled in.
  private func deployment(
    spec: String = "\"replicas\":3,\"progressDeadlineSeconds\":600",
    counts: String = "\"replicas\":3,\"updatedReplicas\":3,\"readyReplicas\":3,\"availableReplicas\":3",
    progressing: String = "\"status\":\"True\",\"reason\":\"NewReplicaSetAvailable\"",
    available: String = "True"
  ) -> String {
    """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","generation":2,
    "uid":"d1","annotations":{"deployment.kubernetes.io/revision":"2"}},
    "spec":{\(spec),"selector":{"matchLabels":{"app":"web"}},"strategy":{"type":"RollingUpdate"}},
    "status":{"observedGeneration":2,\(counts),"conditions":[
    {"type":"Available","status":"\(available)","lastTransitionTime":"2026-01-01T11:00:00Z",
    "reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},
    {"type":"Progressing",\(progressing),"message":"ReplicaSet \\"web-7d9f8c6b5d\\" has successfully progressed."}]}}
    """
  }

  @Test("all replicas updated, available and ready is Healthy")
  func healthy() throws {
    #expect(try verdict(deployment()) == "Healthy")
  }

  @Test("one that nobody has looked at yet is Progressing")
  func fresh() throws {
    let fresh = """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","generation":1},"spec":{},"status":{}}
      """
    #expect(try verdict(fresh) == "Progressing! 0 of 1 available, 0 created")
  }

  @Test(
    "too few replicas of any sort are Progressing, in words",
    arguments: [
      (
        "\"replicas\":2,\"updatedReplicas\":2,\"readyReplicas\":2,\"availableReplicas\":2",
        "Progressing! 2 of 3 available, 2 created"
      ),
      (
        "\"replicas\":4,\"updatedReplicas\":1,\"readyReplicas\":3,\"availableReplicas\":3",
        "Progressing! 3 of 3 available, 1 updated"
      ),
      (
        "\"replicas\":4,\"updatedReplicas\":3,\"readyReplicas\":4,\"availableReplicas\":4",
        "Progressing! 1 old replicas have to end"
      ),
      (
        "\"replicas\":3,\"updatedReplicas\":3,\"readyReplicas\":1,\"availableReplicas\":1",
        "Progressing! 1 of 3 available"
      ),
      (
        "\"replicas\":3,\"updatedReplicas\":3,\"readyReplicas\":2,\"availableReplicas\":3",
        "Progressing! 2 of 3 ready"
      ),
    ])
  func counts(counts: String, expected: String) throws {
    #expect(try verdict(deployment(counts: counts)) == expected)
  }

  @Test("a missed progress deadline is Degraded")
  func deadline() throws {
    let missed = deployment(
      counts: "\"replicas\":3,\"updatedReplicas\":3",
      progressing: "\"status\":\"False\",\"reason\":\"ProgressDeadlineExceeded\"")
    #expect(try verdict(missed) == "Degraded! 0 of 3 available, progress deadline exceeded")
  }

  @Test("a new ReplicaSet that is not available yet is Progressing, unless there is no deadline")
  func progress() throws {
    let updating = "\"status\":\"True\",\"reason\":\"ReplicaSetUpdated\""
    #expect(
      try verdict(deployment(progressing: updating)) == "Progressing! its new ReplicaSet is not available yet")
    for spec in ["\"replicas\":3", "\"replicas\":3,\"progressDeadlineSeconds\":2147483647"] {
      #expect(try verdict(deployment(spec: spec, progressing: updating)) == "Healthy")
    }
  }

  @Test("one that is not Available is Progressing")
  func unavailable() throws {
    #expect(try verdict(deployment(available: "False")) == "Progressing! 3 of 3 available, not Available")
  }

  @Test("a paused one is Suspended, and passes a gate only when its manifest says so")
  func paused() throws {
    let paused = deployment(spec: "\"replicas\":3,\"paused\":true")
    let manifest = """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"paused":true}}
      """
    #expect(try verdict(paused) == "Suspended! paused")
    #expect(try verdict(paused, manifest: manifest) == "Suspended paused")
  }
}
