import FleetModel
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("What counts for every kind, in the order of kstatus")
struct StandardHealthTests {
  private func custom(_ metadata: String, _ status: String) -> String {
    """
    {"apiVersion":"db.example.com/v1","kind":"Database","metadata":{"name":"main","namespace":"shop"\(metadata)},
    "status":{\(status)}}
    """
  }

  private func condition(_ type: String, _ status: String) -> String {
    "\"conditions\":[{\"type\":\"\(type)\",\"status\":\"\(status)\",\"reason\":\"Why\",\"message\":\"in words\"}]"
  }

  @Test("an object with no rule and no conditions is Healthy once it exists, and Missing before")
  func existence() throws {
    #expect(try verdict(custom("", "")) == "Healthy")
    let context = HealthAssessment.Context(desired: nil, related: Neighbours(), now: noon)
    #expect(HealthAssessment().verdict(of: nil, in: context) == .missing)
  }

  @Test("one that is being deleted is Progressing, whatever its status says, with the finalizer it waits for")
  func terminating() throws {
    let deleted = ",\"deletionTimestamp\":\"2026-01-01T11:59:00Z\""
    #expect(
      try verdict(custom(deleted, condition("Ready", "True"))) == "Progressing! terminating since 2026-01-01T11:59:00Z")
    let held = deleted + ",\"finalizers\":[\"example.com/backup\",\"example.com/dns\"]"
    #expect(
      try verdict(custom(held, ""))
        == "Progressing! terminating since 2026-01-01T11:59:00Z, waiting for finalizer example.com/backup and 1 more")
  }

  @Test("a status of another generation is Progressing; one without generation is taken as it is")
  func generation() throws {
    let ready = condition("Ready", "True")
    #expect(
      try verdict(custom(",\"generation\":3", "\"observedGeneration\":2,\(ready)"))
        == "Progressing! its controller has not seen the latest change: generation 3, observed 2")
    #expect(try verdict(custom(",\"generation\":3", ready)) == "Healthy")
    #expect(try verdict(custom("", "\"observedGeneration\":2,\(ready)")) == "Healthy")
  }

  @Test("Reconciling is Progressing, Stalled is Degraded, Ready decides the rest")
  func conditions() throws {
    #expect(try verdict(custom("", condition("Reconciling", "True"))) == "Progressing! Why: in words")
    #expect(try verdict(custom("", condition("Stalled", "True"))) == "Degraded! Why: in words")
    #expect(try verdict(custom("", condition("Stalled", "False"))) == "Healthy")
    #expect(try verdict(custom("", condition("Ready", "True"))) == "Healthy")
    #expect(try verdict(custom("", condition("Ready", "False"))) == "Progressing! Why: in words")
    #expect(try verdict(custom("", condition("Ready", "Unknown"))) == "Progressing! Why: in words")
  }

  @Test("a rule belongs to a group and a kind, not to a kind alone")
  func groups() throws {
    let service = """
      {"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"web"},
      "status":{\(condition("Ready", "False"))}}
      """
    #expect(try verdict(service) == "Progressing! Why: in words")
  }

  @Test(
    "kinds whose existence is all there is to know are Healthy",
    arguments: [("v1", "Secret"), ("v1", "ConfigMap"), ("batch/v1", "CronJob"), ("policy/v1", "PodDisruptionBudget")])
  func existingIsEnough(apiVersion: String, kind: String) throws {
    let object = """
      {"apiVersion":"\(apiVersion)","kind":"\(kind)","metadata":{"name":"x"},"status":{\(condition("Ready", "False"))}}
      """
    #expect(try verdict(object) == "Healthy")
  }

  @Test("a status of wrong types is read as if it were not there")
  func nonsense() throws {
    for status in ["\"conditions\":7", "\"conditions\":[7,null,{\"type\":[]}]", "\"observedGeneration\":\"x\""] {
      #expect(try verdict(custom(",\"generation\":1", status)) == "Healthy")
    }
    let huge = "\"replicas\":\(Int64.max),\"updatedReplicas\":\(Int64.min)"
    let deployment =
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"x\"},"
      + "\"spec\":{\"replicas\":\(Int64.min)},\"status\":{\(huge)}}"
    #expect(try judged(deployment).health == .progressing)
  }
}
