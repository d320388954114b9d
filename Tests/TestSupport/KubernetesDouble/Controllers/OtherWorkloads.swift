import Manifests

/// StatefulSets, DaemonSets, Jobs, claims, autoscalers.
extension ClusterState {
  private static let revisionLabel = "controller-revision-hash"

  /// One Pod after the other, each when those before it are ready; changed ones from the last to the first.
  mutating func reconcileStatefulSet(_ set: StoredObject) {
    let (template, desired) = (set.value[path: "spec", "template"], set.count("spec", "replicas"))
    let revision = "\(set.name)-\(Self.hash(template))"
    let pods = controlled("pods", by: set).filter { !$0.isTerminating }
    for index in 0..<desired {
      guard let pod = pods.first(where: { $0.name == "\(set.name)-\(index)" }) else {
        makePod("\(set.name)-\(index)", for: set, template, labels: [Self.revisionLabel: .string(revision)])
        break
      }
      if !pod.isReadyPod { break }
    }
    let wanted = Set((0..<desired).map { "\(set.name)-\($0)" })
    deletePods(pods.filter { !wanted.contains($0.name) })
    let kept = pods.filter { wanted.contains($0.name) }
    let old = kept.filter { $0.labels[Self.revisionLabel]?.string != revision }
    if let last = old.last, kept.allSatisfy(\.isReadyPod) || !last.isReadyPod { deletePods([last]) }
    report(set, kept, updated: kept.count - old.count, revision: revision)
  }

  private mutating func report(_ set: StoredObject, _ pods: [StoredObject], updated: Int, revision: String) {
    let desired = set.count("spec", "replicas")
    let isDone = updated >= desired && pods.count == desired && pods.allSatisfy(\.isReadyPod)
    let before = set.value[path: "status", "currentRevision"]?.string ?? revision
    let ready = Int64(pods.count(where: \.isReadyPod))
    let current = isDone || before == revision ? pods.count : pods.count - updated
    setStatus(
      set,
      [
        "observedGeneration": set.metadata["generation"] ?? 1, "replicas": .integer(Int64(pods.count)),
        "readyReplicas": .integer(ready), "availableReplicas": .integer(ready),
        "currentReplicas": .integer(Int64(current)), "updatedReplicas": .integer(Int64(updated)),
        "currentRevision": .string(isDone ? revision : before), "updateRevision": .string(revision),
        "collisionCount": 0,
      ])
  }

  /// On the one node that there is.
  mutating func reconcileDaemonSet(_ set: StoredObject) {
    let template = set.value[path: "spec", "template"]
    let hash = Self.hash(template)
    let pods = controlled("pods", by: set).filter { !$0.isTerminating }
    let current = pods.filter { $0.labels[Self.revisionLabel]?.string == hash }
    if pods.isEmpty {
      makePod(
        "\(set.name)-\(identities.nameSuffix())", for: set, template, labels: [Self.revisionLabel: .string(hash)])
    }
    deletePods(pods.filter { $0.labels[Self.revisionLabel]?.string != hash })
    let ready = Int64(current.count(where: \.isReadyPod))
    var status: Object = [
      "currentNumberScheduled": .integer(Int64(min(1, pods.count))), "numberMisscheduled": 0,
      "desiredNumberScheduled": 1, "numberReady": .integer(ready),
      "observedGeneration": set.metadata["generation"] ?? 1, "updatedNumberScheduled": .integer(Int64(current.count)),
    ]
    status[ready > 0 ? "numberAvailable" : "numberUnavailable"] = 1
    setStatus(set, status)
  }

  mutating func reconcileJob(_ job: StoredObject) {
    let pods = controlled("pods", by: job)
    let (succeeded, failed) = (pods.count { $0.phase == "Succeeded" }, pods.count { $0.phase == "Failed" })
    let active = pods.count - succeeded - failed
    let wanted = job.count("spec", "completions") - succeeded
    let isFailed = failed > job.count("spec", "backoffLimit", default: 6)
    let isSuspended = job.value[path: "spec", "suspend"]?.bool == true
    if !isFailed, !isSuspended {
      for _ in active..<max(active, min(wanted, job.count("spec", "parallelism"))) {
        makePod("\(job.name)-\(identities.nameSuffix())", for: job, job.value[path: "spec", "template"], labels: [:])
      }
    }
    var status: Object = ["startTime": job.metadata["creationTimestamp"] ?? ""]
    for (field, number) in [("active", active), ("succeeded", succeeded), ("failed", failed)] where number > 0 {
      status[field] = .integer(Int64(number))
    }
    if wanted <= 0 {
      status["completionTime"] = .string(timestamp)
      status["conditions"] = [
        Self.condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods", timestamp)
      ]
    } else if isFailed {
      status["conditions"] = [
        Self.condition("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit", timestamp)
      ]
    }
    guard job.value[path: "status", "conditions"] == nil else { return }
    setStatus(job, status)
  }

  /// A claim is bound at once, unless its class waits for the first Pod that uses it.
  mutating func bind(_ claim: StoredObject) {
    let name = claim.value[path: "spec", "storageClassName"]?.string ?? ""
    let storageClass = object("storageclasses.storage.k8s.io", "", name)?.value
    guard storageClass?["volumeBindingMode"] != "WaitForFirstConsumer", claim.phase != "Bound",
      let kind = catalog.kind(apiVersion: "v1", kind: "PersistentVolumeClaim")
    else { return }
    let bound = amend(claim, kind, by: "kube-controller-manager") {
      $0 = $0.setting(.string("pvc-\(claim.uid)"), at: ["spec", "volumeName"])
    }
    setStatus(
      bound,
      [
        "phase": "Bound", "accessModes": claim.value[path: "spec", "accessModes"] ?? [],
        "capacity": claim.value[path: "spec", "resources", "requests"] ?? [:],
      ])
  }

  mutating func reconcileAutoscaler(_ autoscaler: StoredObject) {
    let replicas = autoscaler.value[path: "spec", "minReplicas"] ?? 1
    setStatus(
      autoscaler,
      [
        "currentReplicas": replicas, "desiredReplicas": replicas,
        "conditions": [
          Self.condition("AbleToScale", "ReadyForNewScale", "recommended size matches current size", timestamp),
          Self.condition(
            "ScalingActive", "ValidMetricFound", "the HPA was able to compute the replica count", timestamp),
          Self.condition(
            "ScalingLimited", "DesiredWithinRange", "the desired count is within the acceptable range", timestamp,
            status: "False"),
        ],
      ])
  }
}
