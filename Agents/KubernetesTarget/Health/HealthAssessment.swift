import FleetModel
import Manifests

/// Tells an object's health from the object itself, with the rules of kstatus and an app's own rules.
///
/// Pure: the time is passed in, and what else the cluster holds is asked of `RelatedObjects`.
struct HealthAssessment {
  /// What a rule may look at beside the live object.
  struct Context {
    /// The manifest the object was applied from; nil for an object nobody applied, such as a Pod of a Deployment.
    var desired: Manifest?
    var related: any RelatedObjects
    var now: Timestamp

    /// Whether the manifest itself sets this field of its spec to true.
    func manifestAsks(_ key: String) -> Bool { desired?.object["spec"]?[key]?.bool == true }
  }

  typealias Rule = @Sendable (LiveObject, Context) -> HealthVerdict

  /// An app's own rules, which replace the built-in one of their kind.
  var ownRules: [HealthExpressions] = []

  /// The verdict with its reason in words, from related objects where they say more.
  /// - Parameter live: the object as the API server has it; nil when there is none.
  func verdict(of live: Value?, in context: Context) -> HealthVerdict {
    guard let live else { return .missing }
    let object = LiveObject(value: live)
    let verdict = state(of: object, in: context)
    guard verdict.health != .healthy else { return verdict }
    return verdict.explained(by: Trouble.beneath(object, in: context))
  }

  /// First match wins, in the order of kstatus.
  func state(of object: LiveObject, in context: Context) -> HealthVerdict {
    if let verdict = terminating(object) ?? unobserved(object) { return verdict }
    let id = object.id
    if let own = ownRules.first(where: { $0.group == id.group && $0.kind == id.kind }) {
      return own.verdict(of: object)
    }
    if let verdict = standardConditions(object) { return verdict }
    if let rule = Self.rules[Kind(group: id.group, kind: id.kind)] { return rule(object, context) }
    return readyCondition(object) ?? .healthy
  }

  private func terminating(_ object: LiveObject) -> HealthVerdict? {
    guard let since = object.value[path: "metadata", "deletionTimestamp"]?.string else { return nil }
    let finalizers = (object.value[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string)
    guard let first = finalizers.first else { return .progressing("terminating since \(since)") }
    let others = finalizers.count > 1 ? " and \(finalizers.count - 1) more" : ""
    return .progressing("terminating since \(since), waiting for finalizer \(first)\(others)")
  }

  private func unobserved(_ object: LiveObject) -> HealthVerdict? {
    guard let wanted = object.value[path: "metadata", "generation"]?.integer,
      let observed = object.status["observedGeneration"]?.integer, wanted != observed
    else { return nil }
    return .progressing("its controller has not seen the latest change: generation \(wanted), observed \(observed)")
  }

  private func standardConditions(_ object: LiveObject) -> HealthVerdict? {
    if let reconciling = object.condition("Reconciling"), reconciling.isTrue { return .progressing(reconciling.words) }
    if let stalled = object.condition("Stalled"), stalled.isTrue { return .degraded(stalled.words) }
    return nil
  }

  private func readyCondition(_ object: LiveObject) -> HealthVerdict? {
    guard let ready = object.condition("Ready") else { return nil }
    return ready.isTrue ? .healthy : .progressing(ready.words)
  }
}

extension HealthAssessment {
  struct Kind: Hashable, Sendable {
    var group: String
    var kind: String
  }

  /// The kinds with a rule of their own.
  static let rules: [Kind: Rule] = [
    Kind(group: "apps", kind: "Deployment"): WorkloadHealth.deployment,
    Kind(group: "apps", kind: "StatefulSet"): WorkloadHealth.statefulSet,
    Kind(group: "apps", kind: "DaemonSet"): WorkloadHealth.daemonSet,
    Kind(group: "apps", kind: "ReplicaSet"): WorkloadHealth.replicaSet,
    Kind(group: "batch", kind: "Job"): PodHealth.job,
    Kind(group: "", kind: "Pod"): PodHealth.pod,
    Kind(group: "", kind: "PersistentVolumeClaim"): ServiceHealth.volumeClaim,
    Kind(group: "", kind: "Service"): ServiceHealth.service,
    Kind(group: "networking.k8s.io", kind: "Ingress"): ServiceHealth.ingress,
    Kind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): PlatformHealth.customResourceDefinition,
    Kind(group: "autoscaling", kind: "HorizontalPodAutoscaler"): PlatformHealth.autoscaler,
    Kind(group: "apiregistration.k8s.io", kind: "APIService"): PlatformHealth.apiService,
    Kind(group: "policy", kind: "PodDisruptionBudget"): { _, _ in .healthy },
    Kind(group: "", kind: "Secret"): { _, _ in .healthy },
    Kind(group: "", kind: "ConfigMap"): { _, _ in .healthy },
    Kind(group: "batch", kind: "CronJob"): { _, _ in .healthy },
  ]
}
