import Manifests

/// The rules of kstatus for the kinds that keep a number of Pods running.
enum WorkloadHealth {
  /// What the API server means by no deadline.
  private static let noDeadline = Int64(Int32.max)

  static func deployment(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    if object.spec["paused"]?.bool == true {
      return .suspended("paused", isAskedFor: context.manifestAsks("paused"))
    }
    let wanted = object.wantedReplicas
    let available = "\(object.count("availableReplicas")) of \(wanted) available"
    let progress = object.condition("Progressing")
    if progress?.reason == "ProgressDeadlineExceeded" { return .degraded("\(available), progress deadline exceeded") }
    if let verdict = counts(ofDeployment: object, wanted, available) { return verdict }
    let deadline = object.spec["progressDeadlineSeconds"]?.integer ?? noDeadline
    if deadline != noDeadline, progress?.isTrue != true || progress?.reason != "NewReplicaSetAvailable" {
      return .progressing("its new ReplicaSet is not available yet")
    }
    guard object.condition("Available")?.isTrue == true else { return .progressing("\(available), not Available") }
    return .healthy
  }

  private static func counts(
    ofDeployment object: LiveObject, _ wanted: Int64, _ available: String
  ) -> HealthVerdict? {
    let replicas = object.count("replicas")
    let updated = object.count("updatedReplicas")
    if wanted > replicas { return .progressing("\(available), \(replicas) created") }
    if wanted > updated { return .progressing("\(available), \(updated) updated") }
    if replicas > updated { return .progressing("\(replicas - max(updated, 0)) old replicas have to end") }
    if updated > object.count("availableReplicas") { return .progressing(available) }
    if wanted > object.count("readyReplicas") {
      return .progressing("\(object.count("readyReplicas")) of \(wanted) ready")
    }
    return nil
  }

  static func statefulSet(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    if object.spec[path: "updateStrategy", "type"]?.string == "OnDelete" { return .healthy }
    let wanted = object.wantedReplicas
    let replicas = object.count("replicas")
    let ready = object.count("readyReplicas")
    if wanted > replicas || wanted > ready { return .progressing("\(ready) of \(wanted) ready") }
    if replicas > wanted { return .progressing("\(replicas) replicas, \(wanted) wanted") }
    if let partition = object.spec[path: "updateStrategy", "rollingUpdate", "partition"]?.integer {
      return partitioned(object, wanted, partition)
    }
    if wanted > object.count("currentReplicas") {
      return .progressing("\(object.count("currentReplicas")) of \(wanted) current")
    }
    if object.status["currentRevision"] != object.status["updateRevision"] {
      return .progressing("\(object.count("updatedReplicas")) of \(wanted) updated")
    }
    return .healthy
  }

  private static func partitioned(_ object: LiveObject, _ wanted: Int64, _ partition: Int64) -> HealthVerdict {
    // A partition beyond the replicas updates none of them.
    let (difference, overflow) = wanted.subtractingReportingOverflow(partition)
    let due = overflow ? 0 : max(0, difference)
    let updated = object.count("updatedReplicas")
    return updated < due ? .progressing("\(updated) of \(due) updated") : .healthy
  }

  static func daemonSet(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    // That they are equal was seen before; a status of no generation is not the present spec's.
    guard object.value["metadata"]?["generation"]?.integer != nil,
      object.status["observedGeneration"]?.integer != nil,
      let wanted = object.status["desiredNumberScheduled"]?.integer
    else { return .progressing("its controller has not seen it yet") }
    let stages = [
      ("currentNumberScheduled", "scheduled"), ("updatedNumberScheduled", "updated"),
      ("numberAvailable", "available"), ("numberReady", "ready"),
    ]
    for (key, word) in stages where wanted > object.count(key) {
      return .progressing("\(object.count(key)) of \(wanted) \(word)")
    }
    return .healthy
  }

  static func replicaSet(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    if let failure = object.condition("ReplicaFailure"), failure.isTrue { return .progressing(failure.words) }
    let wanted = object.wantedReplicas
    let stages = [("fullyLabeledReplicas", "labeled"), ("availableReplicas", "available"), ("readyReplicas", "ready")]
    for (key, word) in stages where wanted > object.count(key) {
      return .progressing("\(object.count(key)) of \(wanted) \(word)")
    }
    let replicas = object.count("replicas")
    return replicas > wanted ? .progressing("\(replicas) replicas, \(wanted) wanted") : .healthy
  }
}
