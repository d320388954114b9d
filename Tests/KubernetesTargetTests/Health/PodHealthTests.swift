import FleetModel
import Testing

@testable import KubernetesTarget

@Suite("The health of Pods and Jobs")
struct PodHealthTests {
  private func pod(_ status: String) -> String {
    """
    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop","uid":"p1"},"spec":{},
    "status":{\(status)}}
    """
  }

  private func waiting(_ reason: String, _ more: String = "") -> String {
    pod(
      """
      "phase":"Running","containerStatuses":[{"name":"web","ready":false,"restartCount":3,
      "state":{"waiting":{"reason":"\(reason)","message":"text of the kubelet"}}\(more)}]
      """)
  }

  @Test("one that ended well, or runs and is ready, is Healthy")
  func healthy() throws {
    #expect(try verdict(pod("\"phase\":\"Succeeded\"")) == "Healthy")
    #expect(
      try verdict(pod("\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]")) == "Healthy")
  }

  @Test("one that failed is Degraded with its reason or its exit")
  func failed() throws {
    #expect(
      try verdict(pod("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"low on memory\""))
        == "Degraded! Evicted: low on memory")
    let ended = "\"containerStatuses\":[{\"name\":\"web\",\"state\":{\"terminated\":{\"exitCode\":2}}}]"
    #expect(try verdict(pod("\"phase\":\"Failed\",\(ended)")) == "Degraded! container web exited with 2")
  }

  @Test(
    "a container that waits for what does not come by waiting makes it Degraded",
    arguments: ["ErrImageNeverPull", "CreateContainerConfigError", "ImagePullBackOff"])
  func stuck(reason: String) throws {
    #expect(try verdict(waiting(reason)).hasPrefix("Degraded! \(reason)"))
  }

  @Test("a crash loop says how the container ended")
  func crashLoop() throws {
    let last = ",\"lastState\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}"
    #expect(
      try verdict(waiting("CrashLoopBackOff", last))
        == "Degraded! CrashLoopBackOff: container web exited with 137 (OOMKilled)")
  }

  @Test("one that waits for its containers, or is not ready, is Progressing")
  func progressing() throws {
    #expect(try verdict(waiting("ContainerCreating")) == "Progressing! running, not ready")
    #expect(try verdict(pod("\"phase\":\"Pending\"")) == "Progressing! pending")
    #expect(try verdict(pod("")) == "Progressing! not started yet")
  }

  @Test("one that cannot be placed is Degraded after 15 seconds, and says when to look again")
  func unschedulable() throws {
    let pending = pod(
      """
      "phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable",
      "message":"0/2 nodes are available: 2 Insufficient cpu.","lastTransitionTime":"2026-01-01T12:00:00Z"}]
      """)
    let early = try judged(pending, at: noon + .seconds(15))
    #expect(early.health == .progressing)
    let change = try #require(early.changesAt)
    #expect(
      try verdict(pending, at: change) == "Degraded! Unschedulable: 0/2 nodes are available: 2 Insufficient cpu.")
  }

  private func job(_ spec: String, _ status: String) -> String {
    """
    {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"migrate","namespace":"shop","generation":1},
    "spec":{\(spec)},"status":{\(status)}}
    """
  }

  @Test("a Job is Healthy when complete, Degraded when failed and Progressing while it runs")
  func jobs() throws {
    #expect(try verdict(job("", "\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]")) == "Healthy")
    let failed =
      "\"conditions\":[{\"type\":\"FailureTarget\",\"status\":\"True\"},{\"type\":\"Failed\","
      + "\"status\":\"True\",\"reason\":\"BackoffLimitExceeded\",\"message\":\"Job has reached the limit\"}]"
    #expect(try verdict(job("", failed)) == "Degraded! BackoffLimitExceeded: Job has reached the limit")
    #expect(
      try verdict(job("\"completions\":4", "\"active\":1,\"succeeded\":2,\"failed\":1"))
        == "Progressing! 2 of 4 completed, 1 failed")
  }

  @Test("a suspended Job passes a gate only when its manifest says so")
  func suspendedJob() throws {
    let suspended = job("\"suspend\":true", "")
    #expect(try verdict(suspended) == "Suspended! suspended")
    #expect(try verdict(suspended, manifest: suspended) == "Suspended suspended")
  }
}
