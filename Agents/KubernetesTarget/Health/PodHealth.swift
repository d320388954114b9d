import FleetModel
import Manifests

/// The rules of Pods and of Jobs, which run Pods to their end.
enum PodHealth {
  /// A Pod that nothing can place is often placed a moment later, when a node joins or another Pod ends (kstatus).
  static let placingTime: Duration = .seconds(15)

  static func job(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    if let failed = object.condition("Failed"), failed.isTrue { return .degraded(failed.words) }
    if object.condition("Complete")?.isTrue == true { return .healthy }
    if object.spec["suspend"]?.bool == true {
      return .suspended("suspended", isAskedFor: context.manifestAsks("suspend"))
    }
    let wanted = object.spec["completions"]?.integer ?? 1
    let failures = object.count("failed")
    let tail = failures > 0 ? ", \(failures) failed" : ""
    return .progressing("\(object.count("succeeded")) of \(wanted) completed\(tail)")
  }

  static func pod(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    let phase = object.status["phase"]?.string ?? ""
    if phase == "Succeeded" { return .healthy }
    if phase == "Failed" { return .degraded(failure(of: object)) }
    if let stuck = containers(of: object).first(where: \.isStuck) { return .degraded(stuck.words) }
    if phase == "Running" {
      return object.condition("Ready")?.isTrue == true ? .healthy : .progressing("running, not ready")
    }
    if phase == "Pending", let placing = unplaced(object, at: context.now) { return placing }
    let waiting = containers(of: object).first { !$0.waitingReason.isEmpty }
    return .progressing(waiting?.words ?? (phase.isEmpty ? "not started yet" : phase.lowercased()))
  }

  static func containers(of pod: LiveObject) -> [ContainerState] {
    ["initContainerStatuses", "containerStatuses"].flatMap { key in
      (pod.status[key]?.array ?? []).prefix(HealthLimits.containers).map(ContainerState.init)
    }
  }

  private static func failure(of pod: LiveObject) -> String {
    let parts = [pod.status["reason"]?.string, pod.status["message"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
    if !parts.isEmpty { return parts.joined(separator: ": ").onOneLine(upTo: HealthLimits.messageCharacters) }
    return containers(of: pod).compactMap(\.exit).first ?? "failed"
  }

  private static func unplaced(_ pod: LiveObject, at now: Timestamp) -> HealthVerdict? {
    guard let placed = pod.condition("PodScheduled"), placed.isFalse, placed.reason == "Unschedulable" else {
      return nil
    }
    guard let since = placed.lastTransition else { return .progressing(placed.words) }
    let end = since + placingTime
    guard now <= end else { return .degraded(placed.words) }
    var verdict = HealthVerdict.progressing(placed.words)
    verdict.changesAt = end + .milliseconds(1)
    return verdict
  }
}

/// One entry of a Pod's container statuses.
struct ContainerState {
  let name: String
  /// Empty for a container that does not wait.
  let waitingReason: String
  let waitingMessage: String
  /// How it ended last, when it did and not well: `container web exited with 137 (OOMKilled)`.
  let exit: String?

  init(_ value: Value) {
    name = value["name"]?.string ?? ""
    waitingReason = value[path: "state", "waiting", "reason"]?.string ?? ""
    waitingMessage = value[path: "state", "waiting", "message"]?.string ?? ""
    let ended = value[path: "state", "terminated"] ?? value[path: "lastState", "terminated"]
    exit = ended.flatMap { ContainerState.exit(of: value["name"]?.string ?? "", $0) }
  }

  /// Whether it waits for something that does not come by waiting: `ErrImagePull`, `CreateContainerConfigError`,
  /// `CrashLoopBackOff` …
  var isStuck: Bool {
    waitingReason.hasPrefix("Err") || waitingReason.hasSuffix("Error") || waitingReason.hasSuffix("BackOff")
  }

  /// The reason it waits for with what explains it best.
  var words: String {
    let detail = waitingReason == "CrashLoopBackOff" ? exit ?? waitingMessage : waitingMessage
    let text = detail.isEmpty ? waitingReason : "\(waitingReason): \(detail)"
    return text.onOneLine(upTo: HealthLimits.messageCharacters)
  }

  private static func exit(of name: String, _ ended: Value) -> String? {
    guard let code = ended["exitCode"]?.integer, code != 0 else { return nil }
    let reason = ended["reason"]?.string ?? ""
    let tail = reason.isEmpty || reason == "Error" ? "" : " (\(reason))"
    return "container \(name) exited with \(code)\(tail)"
  }
}
