import FleetModel
import Manifests
import Wire

/// A plan as the hub has told it, part by part.
struct FleetPlan {
  private let app: String?
  private(set) var commit = FlotillaV1.PlannedCommit()
  private(set) var apps: [FlotillaV1.PlannedApp] = []
  private(set) var changes: [FlotillaV1.PlannedChange] = []

  /// - Parameter app: the one app that is asked about; nil for all.
  init(app: String?) { self.app = app }

  mutating func take(_ part: FlotillaV1.PlanPart) {
    switch part.part {
    case .commit(let told): commit = told
    case .app(let told): if isMeant(told.name) { apps.append(told) }
    case .change(let told): if isMeant(told.app) { changes.append(told) }
    case .progress, nil: break
    }
  }

  private func isMeant(_ name: String) -> Bool { app.map { $0.hasSameBytes(as: name) } ?? true }

  var errors: [FleetError] { (commit.errors + apps.flatMap(\.errors)).map { FleetError($0) } }

  var warnings: [FleetError] { apps.flatMap(\.warnings).map { FleetError($0) } }

  var changesSomething: Bool {
    apps.contains { $0.course.isSomething }
      || !(commit.clustersAdded + commit.clustersRemoved + commit.clustersChanged).isEmpty
  }

  var stat: DifferenceStat {
    let touched = app == nil ? Int(clamping: commit.clustersTouched) : changes.map(\.stat.clusters).reduce(0, +)
    return DifferenceStat(
      groups: changes.map(\.stat), clusters: Int(clamping: commit.clusters), changedClusters: touched)
  }
}

extension FlotillaV1.PlanCourse {
  /// Whether anything would come of it.
  var isSomething: Bool { self == .starts || self == .waits }
}

extension FlotillaV1.PlannedChange {
  fileprivate var stat: DifferenceStat.Group {
    DifferenceStat.Group(
      app: app,
      places: Dictionary(places.map { ($0.environment, Int(clamping: $0.clusters)) }, uniquingKeysWith: +),
      created: Int(clamping: created), changed: Int(clamping: changed), deleted: Int(clamping: deleted))
  }
}

// MARK: For people

extension FleetPlan {
  func text(withClusters: Bool) -> String {
    var lines = title
    if commit.refused {
      lines += ["", "fleet.yaml cannot be read: the commit in force would stay, and nothing would change"]
      return FleetPlan.joined(lines)
    }
    let moving = apps.filter { $0.course != .nothing }
    for app in moving { lines += [""] + app.lines(withClusters: withClusters) }
    let unchanged = apps.filter { $0.course == .nothing }
    if !unchanged.isEmpty {
      let names = unchanged.map(\.name)
      lines += ["", "unchanged: \(FleetPlan.names(names))"]
      lines += unchanged.filter { $0.holds.count > 0 || $0.isUnderWay }.map { "  \($0.name): \($0.reason)" }
    }
    if apps.contains(where: { $0.course.isSomething }) {
      lines += ["", "what changes on clusters, from what they are assigned now:"]
      lines += stat.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
    return FleetPlan.joined(lines)
  }

  private static func joined(_ lines: [String]) -> String {
    lines.map { Terminal.harmless($0) + "\n" }.joined()
  }

  private var title: [String] {
    let own = commit.commit ?? .init()
    var lines = ["commit \(own.id.prefix(8)) \"\(own.subject)\" by \(own.committer)"]
    if let inForce = commit.inForce {
      lines.append(
        inForce.id == own.id ? "  it is in force" : "  in force is \(inForce.id.prefix(8)) \"\(inForce.subject)\"")
    } else {
      lines.append("  nothing is in force yet")
    }
    if !commit.refused {
      lines.append("  \(commit.clusters) clusters declared, \(commit.clustersEnrolled) enrolled")
    }
    func note(_ names: [String], _ what: String) {
      if !names.isEmpty { lines.append("  \(what): \(FleetPlan.names(names))") }
    }
    note(commit.clustersAdded, "new clusters, which get nothing before they enroll")
    note(commit.clustersRemoved, "clusters that leave the fleet, and keep what they run")
    note(commit.clustersChanged, "clusters with another environment or other labels")
    return lines
  }

  /// Names that are shown before the rest is only counted.
  private static let shownNames = 10

  fileprivate static func names(_ names: [String]) -> String {
    let more = names.count > shownNames ? ", … and \(names.count - shownNames) more" : ""
    return names.prefix(shownNames).joined(separator: ", ") + more
  }
}

extension FlotillaV1.PlannedApp {
  fileprivate var isUnderWay: Bool { reason != FlotillaV1.PlannedApp.settledReason }
  /// What the hub says of an app about which there is nothing to say.
  private static let settledReason = "every cluster has it, or is getting it"

  fileprivate func lines(withClusters: Bool) -> [String] {
    var lines = ["app \(name): \(headline)"]
    lines += errors.isEmpty ? [] : ["  it keeps the release that it has"]
    lines += notes.map { "  \($0)" }
    guard let rollout else { return lines }
    lines += table(rollout)
    for (stage, rules) in zip(rollout.stages, stages) { lines += stage.lines(rules, withClusters: withClusters) }
    if !rollout.unmatched.isEmpty {
      lines.append("  matched by no stage, and rolled out nothing: \(FleetPlan.names(rollout.unmatched))")
    }
    return lines
  }

  private var headline: String {
    let what = removed ? "is removed from its clusters" : added ? "is new" : ""
    let start: String
    switch course {
    case .starts: start = "rollout \(rollout?.rollout?.id ?? "") starts at once"
    case .waits: start = "rollout \(rollout?.rollout?.id ?? "") waits its turn: \(reason)"
    case .held: start = "nothing starts: \(reason)"
    case .broken: start = "has \(counted(errors.count, "error"))"
    default: start = reason
    }
    return [what, start].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private var notes: [String] {
    var notes: [String] = []
    if let old = supersedes {
      let stage = old.stage.isEmpty ? "" : " at stage \(old.stage)"
      notes.append("takes the place of \(old.id), which is \(old.state)\(stage)")
    }
    if course == .starts, rollout?.rollout?.state == .paused {
      notes.append("stands still at first: \(rollout?.rollout?.reason ?? "")")
    }
    for hold in holdsLifted { notes.append("ends hold \(hold.number): it asks for something else than what is held") }
    for hold in holds { notes.append(hold.line) }
    if !dependsOn.isEmpty { notes.append("first applied where \(dependsOn.joined(separator: ", ")) is healthy") }
    if minStageIntervalMs > 0 {
      notes.append("its rollouts start \(Duration.milliseconds(minStageIntervalMs).text) apart at least")
    }
    if rollout != nil {
      notes.append("when a stage fails: \(onFailure)" + (onNewRelease == "queue" ? "; newer releases queue" : ""))
    }
    return notes
  }

  private func table(_ rollout: FlotillaV1.RolloutDetail) -> [String] {
    var table = Table("  STAGE", "CLUSTERS", "CHANGE", "WAVES", "AT ONCE", "MAY FAIL", "SOAK", "GATES")
    for stage in stages {
      table.add(
        "  \(stage.name)", "\(stage.members)", "\(stage.changes)",
        stage.changes == 0 ? "-" : stage.widths.map { "\($0)" }.joined(separator: ", "),
        stage.changes == 0 ? "-" : "\(stage.maxConcurrent)", "\(stage.maxFailures)",
        Duration.milliseconds(stage.soakMs).text, stage.gates.isEmpty ? "-" : stage.gates.joined(separator: ", "))
    }
    return table.lines
  }
}

extension FlotillaV1.PlannedStage {
  /// Waves of a small stage can be equally wide: then they are one.
  fileprivate var widths: [Int64] { Set(waves.map(\.clusters)).sorted() }

  /// What has to be so beside healthy clusters.
  fileprivate var gates: [String] {
    var gates: [String] = []
    if approvalBefore { gates.append("approval before") }
    if frozen > 0 { gates.append("freeze") }
    if !analyses.isEmpty { gates.append("analysis \(analyses.joined(separator: "+"))") }
    if approvalAfter { gates.append("approval after") }
    if offlinePolicy == "wait" { gates.append("waits for offline clusters") }
    return gates
  }
}

extension FlotillaV1.RolloutStage {
  /// What stands out of the stage, and its clusters where they are asked for.
  fileprivate func lines(_ rules: FlotillaV1.PlannedStage, withClusters: Bool) -> [String] {
    let counts = counts ?? .init()
    var notes: [String] = []
    if let deletions, deletions.objects > 0 {
      notes.append(
        "deletes \(counted(Int(clamping: deletions.objects), "guarded object")) on "
          + "\(counted(Int(clamping: deletions.clusters), "cluster")), which somebody has to confirm first")
    }
    if rules.frozen > 0 { notes.append("\(counted(Int(clamping: rules.frozen), "cluster")) \(rules.freeze)") }
    if rules.dependent > 0 {
      notes.append("\(counted(Int(clamping: rules.dependent), "cluster")) \(rules.dependency)")
    }
    if rules.suspended > 0 { notes.append("\(counted(Int(clamping: rules.suspended), "cluster")) suspended") }
    let offline = counts.offline - min(counts.offline, rules.suspended)
    if offline > 0 {
      notes.append("\(names(.offline)) offline: \(offline == 1 ? "it takes its" : "they take their") turn later")
    }
    if rules.outside > 0 {
      notes.append("\(rules.outside) air-gapped: assigned it once \(name) has verified it")
    }
    if counts.held > 0 { notes.append("\(counted(Int(clamping: counts.held), "cluster")) held") }
    var lines = notes.map { "  \(name): \($0)" }
    if withClusters {
      lines += clusters.map { "  \(name)/\($0.name) \($0.state): \($0.reason)" }
    }
    return lines
  }

  private func names(_ state: FlotillaV1.RolloutClusterState) -> String {
    FleetPlan.names(clusters.filter { $0.state == state }.map(\.name))
  }
}

// MARK: For programs

extension FleetPlan {
  var form: Value {
    [
      "commit": commit.commit?.form ?? .null, "inForce": commit.inForce?.form ?? .null,
      "refused": .bool(commit.refused), "errors": .array(errors.map { .string($0.description) }),
      "changesSomething": .bool(changesSomething),
      "clusters": [
        "declared": .integer(commit.clusters), "enrolled": .integer(commit.clustersEnrolled),
        "touched": .integer(Int64(stat.changedClusters)), "added": commit.clustersAdded.form,
        "removed": commit.clustersRemoved.form, "changed": commit.clustersChanged.form,
      ],
      "apps": .array(apps.map(\.form)), "changes": .array(changes.map(\.form)),
    ]
  }
}

extension [String] {
  fileprivate var form: Value { .array(map { .string($0) }) }
}

extension FlotillaV1.PlannedApp {
  fileprivate var form: Value {
    [
      "name": .string(name), "course": .string("\(course)"), "reason": .string(reason), "added": .bool(added),
      "removed": .bool(removed), "errors": .array(errors.map { .string(FleetError($0).description) }),
      "warnings": .array(warnings.map { .string(FleetError($0).description) }),
      "rollout": rollout?.form ?? .null, "stages": .array(stages.map(\.form)),
      "supersedes": supersedes?.form ?? .null, "holdsLifted": .array(holdsLifted.map(\.form)),
      "holds": .array(holds.map(\.form)), "dependsOn": dependsOn.form, "onFailure": .string(onFailure),
      "onNewRelease": .string(onNewRelease), "minStageIntervalMs": .integer(minStageIntervalMs),
    ]
  }
}

extension FlotillaV1.PlannedStage {
  fileprivate var form: Value {
    [
      "name": .string(name), "members": .integer(members), "changes": .integer(changes),
      "approvalBefore": .bool(approvalBefore), "approvalAfter": .bool(approvalAfter),
      "waves": .array(waves.map { .integer($0.clusters) }), "maxConcurrent": .integer(maxConcurrent),
      "maxFailures": .integer(maxFailures), "minAvailable": .integer(minAvailable),
      "pullDeadlineMs": .integer(pullDeadlineMs), "progressDeadlineMs": .integer(progressDeadlineMs),
      "soakMs": .integer(soakMs), "analyses": analyses.form, "offlinePolicy": .string(offlinePolicy),
      "frozen": .integer(frozen), "freeze": .string(freeze), "suspended": .integer(suspended),
      "dependent": .integer(dependent), "dependency": .string(dependency), "airgapped": .integer(outside),
    ]
  }
}

extension FlotillaV1.PlannedChange {
  fileprivate var form: Value {
    [
      "app": .string(app),
      "places": .array(
        places.map { ["environment": .string($0.environment), "clusters": .integer($0.clusters)] }),
      "created": .integer(created), "changed": .integer(changed), "deleted": .integer(deleted),
      "objects": .array(objects.map { ["id": .string($0.id), "change": .string($0.change)] }),
    ]
  }
}
