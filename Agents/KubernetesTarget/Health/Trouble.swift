import FleetModel
import Manifests

/// What is wrong beneath an object that is not healthy: found by following owner references to ReplicaSets, Jobs and
/// Pods, and in the warnings about them.
struct Trouble: Hashable, Sendable {
  var words: String
  var changesAt: Timestamp?

  static func beneath(_ object: LiveObject, in context: HealthAssessment.Context) -> Trouble? {
    let owners = [object] + currentChildren(of: object, in: context)
    let pods = object.id.kind == "Pod" ? [object] : owners.flatMap { podsOf($0, in: context) }
    return worst(of: pods, in: context, isOwnPod: object.id.kind == "Pod") ?? creation(owners, in: context)
  }

  /// The children that count: of a Deployment's ReplicaSets only the one of the newest revision.
  private static func currentChildren(of object: LiveObject, in context: HealthAssessment.Context) -> [LiveObject] {
    let children = sortedChildren(of: object, in: context).filter { $0.id.kind != "Pod" }
    guard object.id.kind == "Deployment" else { return children }
    return newest(of: children).map { [$0] } ?? []
  }

  /// The ReplicaSet that a Deployment is rolling to, or has.
  static func newest(of replicaSets: [LiveObject]) -> LiveObject? {
    replicaSets.max { revision(of: $0) < revision(of: $1) }
  }

  private static func revision(of replicaSet: LiveObject) -> Int64 {
    replicaSet.annotation("deployment.kubernetes.io/revision").flatMap { Int64($0) } ?? 0
  }

  private static func podsOf(_ owner: LiveObject, in context: HealthAssessment.Context) -> [LiveObject] {
    sortedChildren(of: owner, in: context).filter { $0.id.kind == "Pod" }
  }

  private static func sortedChildren(
    of object: LiveObject, in context: HealthAssessment.Context
  ) -> [LiveObject] {
    guard !object.uid.isEmpty else { return [] }
    return context.related.children(of: object.uid).prefix(HealthLimits.children).map(LiveObject.init)
      .sorted { $0.name < $1.name }
  }
}

// MARK: - Pods

extension Trouble {
  private struct PodTrouble {
    var verdict: HealthVerdict
    var words: String
    var name: String
    /// What stands before the first colon: Pods with the same kind of trouble are counted together.
    var kind: Substring { words.prefix { $0 != ":" } }
  }

  private static func worst(
    of pods: [LiveObject], in context: HealthAssessment.Context, isOwnPod: Bool
  ) -> Trouble? {
    let found = pods.compactMap { trouble(of: $0, in: context) }
    let changesAt = found.compactMap(\.verdict.changesAt).min()
    guard let worst = found.max(by: { $0.verdict.health < $1.verdict.health }) else { return nil }
    if isOwnPod {
      // Its own verdict says the rest already.
      let warning = latestWarning(about: pods[0], in: context)
      return warning.map { Trouble(words: $0, changesAt: changesAt) }
    }
    let alike = found.count { $0.kind == worst.kind }
    let others = alike > 1 ? " and \(alike - 1) more" : ""
    let detail = worst.words.dropFirst(worst.kind.count)
    return Trouble(words: "\(worst.kind) on \(worst.name)\(others)\(detail)", changesAt: changesAt)
  }

  /// The trouble of one Pod; nil for one that is well, or only young.
  private static func trouble(of pod: LiveObject, in context: HealthAssessment.Context) -> PodTrouble? {
    var beneath = context
    beneath.desired = nil
    let verdict = HealthAssessment().state(of: pod, in: beneath)
    guard verdict.health != .healthy else { return nil }
    let stuck = PodHealth.containers(of: pod).first(where: \.isStuck)
    if let stuck, let cause = pullFailure(of: pod, stuck, in: context) {
      return PodTrouble(verdict: verdict, words: "\(stuck.waitingReason): \(cause)", name: pod.name)
    }
    if verdict.health == .degraded || verdict.changesAt != nil {
      return PodTrouble(verdict: verdict, words: verdict.reason, name: pod.name)
    }
    let warning = latestWarning(about: pod, in: context)
    return warning.map { PodTrouble(verdict: verdict, words: $0, name: pod.name) }
  }

  /// Why an image cannot be pulled: the innermost cause, which registries and runtimes wrap in many words.
  private static func pullFailure(
    of pod: LiveObject, _ container: ContainerState, in context: HealthAssessment.Context
  ) -> String? {
    guard ["ErrImagePull", "ImagePullBackOff"].contains(container.waitingReason) else { return nil }
    let event = warnings(about: pod, in: context).first { $0.message.hasPrefix("Failed to pull image") }
    guard let message = event?.message ?? pulled(container.waitingMessage) else { return nil }
    let cause = message.prefix(HealthLimits.reasonCharacters * 10).split(separator: ": ").last.map(String.init)
    return cause?.onOneLine(upTo: HealthLimits.messageCharacters)
  }

  /// A message that only says that the kubelet waits before it tries again explains nothing.
  private static func pulled(_ message: String) -> String? {
    message.isEmpty || (message.hasPrefix("Back-off") && !message.contains(": ")) ? nil : message
  }
}

// MARK: - Warnings

extension Trouble {
  private struct Warning {
    var reason: String
    var message: String
    /// RFC 3339 in UTC: its order is that of time.
    var time: String
    var words: String { "\(reason): \(message)".onOneLine(upTo: HealthLimits.messageCharacters) }

    init(_ event: Value) {
      reason = event["reason"]?.string ?? ""
      message = event["message"]?.string ?? event["note"]?.string ?? ""
      time =
        event[path: "series", "lastObservedTime"]?.string ?? event["lastTimestamp"]?.string
        ?? event["eventTime"]?.string ?? ""
    }
  }

  /// Why Pods are not even created: a quota, an admission webhook, a volume without a provisioner.
  private static func creation(_ owners: [LiveObject], in context: HealthAssessment.Context) -> Trouble? {
    for owner in owners.reversed() {
      if owner.uid != owners.first?.uid, let failure = owner.condition("ReplicaFailure"), failure.isTrue {
        return Trouble(words: failure.words)
      }
      if let warning = latestWarning(about: owner, in: context) { return Trouble(words: warning) }
    }
    return nil
  }

  private static func latestWarning(about object: LiveObject, in context: HealthAssessment.Context) -> String? {
    warnings(about: object, in: context).first?.words
  }

  /// The latest first.
  private static func warnings(about object: LiveObject, in context: HealthAssessment.Context) -> [Warning] {
    guard !object.uid.isEmpty else { return [] }
    return context.related.warnings(about: object.uid).prefix(HealthLimits.warnings).map(Warning.init)
      .sorted { $0.time > $1.time }
  }
}
