import Testing

@Suite("The health of StatefulSets, DaemonSets and ReplicaSets")
struct WorkloadHealthTests {
  private func set(_ spec: String, _ status: String) -> String {
    """
    {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"shop","generation":1},
    "spec":{"serviceName":"db",\(spec)},"status":{"observedGeneration":1,\(status)}}
    """
  }

  private let rolling = "\"updateStrategy\":{\"type\":\"RollingUpdate\"}"

  @Test("a StatefulSet whose replicas are ready at the current revision is Healthy")
  func statefulSet() throws {
    let status = """
      "replicas":3,"readyReplicas":3,"currentReplicas":3,"updatedReplicas":3,"availableReplicas":3,
      "currentRevision":"db-6c","updateRevision":"db-6c","collisionCount":0
      """
    #expect(try verdict(set("\"replicas\":3,\(rolling)", status)) == "Healthy")
  }

  @Test(
    "a StatefulSet on its way is Progressing, in words",
    arguments: [
      ("\"replicas\":2,\"readyReplicas\":2", "Progressing! 2 of 3 ready"),
      ("\"replicas\":3,\"readyReplicas\":1", "Progressing! 1 of 3 ready"),
      ("\"replicas\":4,\"readyReplicas\":3", "Progressing! 4 replicas, 3 wanted"),
      ("\"replicas\":3,\"readyReplicas\":3,\"currentReplicas\":2", "Progressing! 2 of 3 current"),
      (
        "\"replicas\":3,\"readyReplicas\":3,\"currentReplicas\":3,\"updatedReplicas\":1,"
          + "\"currentRevision\":\"a\",\"updateRevision\":\"b\"", "Progressing! 1 of 3 updated"
      ),
    ])
  func statefulSetProgress(status: String, expected: String) throws {
    #expect(try verdict(set("\"replicas\":3,\(rolling)", status)) == expected)
  }

  @Test("a partition asks only for the replicas above it; OnDelete asks for nothing")
  func partition() throws {
    let partitioned =
      "\"replicas\":3,\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":2}}"
    let status = "\"replicas\":3,\"readyReplicas\":3,\"currentReplicas\":2,\"updatedReplicas\":"
    #expect(try verdict(set(partitioned, status + "1")) == "Healthy")
    #expect(try verdict(set(partitioned, status + "0")) == "Progressing! 0 of 1 updated")
    #expect(
      try verdict(set("\"replicas\":3,\"updateStrategy\":{\"type\":\"OnDelete\"}", "\"replicas\":1")) == "Healthy")
  }

  private func daemonSet(_ status: String) -> String {
    """
    {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"log","namespace":"ops","generation":3},
    "spec":{"updateStrategy":{"type":"RollingUpdate"}},"status":{\(status)}}
    """
  }

  @Test("a DaemonSet is Healthy once it is updated, available and ready on every node that should have it")
  func daemonSet() throws {
    let wanted = "\"observedGeneration\":3,\"desiredNumberScheduled\":2"
    let all = ",\"currentNumberScheduled\":2,\"updatedNumberScheduled\":2,\"numberAvailable\":2,\"numberReady\":2"
    #expect(try verdict(daemonSet(wanted + all)) == "Healthy")
    #expect(try verdict(daemonSet("\"desiredNumberScheduled\":0")) == "Progressing! its controller has not seen it yet")
    #expect(try verdict(daemonSet("\"observedGeneration\":3")) == "Progressing! its controller has not seen it yet")
    #expect(try verdict(daemonSet(wanted)) == "Progressing! 0 of 2 scheduled")
    #expect(
      try verdict(daemonSet(wanted + ",\"currentNumberScheduled\":2,\"updatedNumberScheduled\":1"))
        == "Progressing! 1 of 2 updated")
  }

  @Test("a ReplicaSet that cannot make Pods, has too few or too many is Progressing")
  func replicaSet() throws {
    func replicaSet(_ status: String) -> String {
      """
      {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web","namespace":"shop","generation":1},
      "spec":{"replicas":2},"status":{"observedGeneration":1,\(status)}}
      """
    }
    let all = "\"fullyLabeledReplicas\":2,\"availableReplicas\":2,\"readyReplicas\":2"
    #expect(try verdict(replicaSet("\"replicas\":2,\(all)")) == "Healthy")
    #expect(try verdict(replicaSet("\"replicas\":3,\(all)")) == "Progressing! 3 replicas, 2 wanted")
    #expect(try verdict(replicaSet("\"replicas\":2")) == "Progressing! 0 of 2 labeled")
    let quota =
      "\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\",\"reason\":\"FailedCreate\","
      + "\"message\":\"exceeded quota: few\"}]"
    #expect(try verdict(replicaSet(quota)) == "Progressing! FailedCreate: exceeded quota: few")
  }
}
