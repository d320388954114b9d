import Digests
import FleetModel
import Manifests

@testable import RolloutEngine

/// Plays the commands of a story to an engine and writes down what they lead to.
struct Storyteller {
  var engine = RolloutEngine()
  var now = Timestamp(seconds: 0)
  var log: [RolloutLogEntry] = []
  /// Snapshots taken on the way, to go on from.
  var snapshots: [[UInt8]] = []
  /// Rollouts that others took the place of, as they were then.
  var closed: [RolloutStatus] = []
  private var plan = AppPlan(pipeline: Pipeline(name: "default", stages: []))
  private var plans: [String: AppPlan] = [:]
  private var labels: [AppDigest: String] = [:]
  private var releases: [String: ReleaseDigest] = [:]
  /// By app and commit.
  private var rendered: [String: RenderedRelease] = [:]
  private var freezes: [Freeze] = []
  private var lines: [String] = []

  /// Plays some commands; answers what they led to.
  mutating func play(_ commands: [String]) throws -> [String] {
    lines = []
    for command in commands { try play(command) }
    snapshots.append(engine.snapshot)
    return lines
  }

  /// Plays one command; answers what it led to.
  mutating func perform(_ command: String) throws -> [String] {
    lines = []
    try play(command)
    return lines
  }

  private mutating func play(_ command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "fleet": try fleet(command.dropFirst(6))
    case "pipeline": plan = AppPlan(pipeline: try pipeline(command.dropFirst(9)))
    case "plan": try editPlan(rest)
    case "freezes": declareFreezes(rest)
    case "windows": try windows(rest)
    case "analysis": try finishAnalysis(rest)
    case "join", "declare": try join(rest, isNew: words[0] == "join")
    case "leave": hand(.clusterLeft(try uid(rest[0]), reason: rest.dropFirst().joined(separator: " ")))
    case "connect": for name in rest { hand(.clusterConnected(try uid(name))) }
    case "disconnect": for name in rest { hand(.clusterDisconnected(try uid(name))) }
    case "hub-started": hand(.hubStarted)
    case "commit": try commit(rest)
    case "observed": hand(.commitObserved(app: rest[1], commit: rest[0], plan(of: rest[1])))
    case "amend": try amend(rest)
    case "wait": try wait(rest[0])
    case "explain":
      for name in rest.dropFirst() {
        lines.append(engine.explain(app: rest[0], on: try uid(name)) ?? "\(name): nothing")
      }
    case "status": status(rest[0])
    case "assigned": assigned()
    default: if try !playReport(words[0], rest) { try operate(words[0], rest) }
    }
  }

  // MARK: The fleet

  /// `dev: a b; prod: c`: members, online.
  private mutating func fleet(_ text: Substring) throws {
    for part in text.split(separator: ";") {
      let sides = part.split(separator: ":")
      for name in sides[1].split(separator: " ") {
        try join([String(name), sides[0].filter { $0 != " " }], isNew: true)
        hand(.clusterConnected(try uid(String(name))))
      }
    }
  }

  /// `NAME ENVIRONMENT [edge|airgapped] [key:value …]`
  private mutating func join(_ words: [String], isNew: Bool) throws {
    var member = FleetMember(cluster: try uid(words[0]), name: words[0], environment: words[1])
    for word in words.dropFirst(2) {
      if let connectivity = ClusterDeclaration.Connectivity(rawValue: word) {
        member.connectivity = connectivity
      } else {
        let pair = word.split(separator: ":").map(String.init)
        member.labels[pair[0]] = pair[1]
      }
    }
    hand(isNew ? .clusterJoined(member) : .clusterChanged(member))
  }

  // MARK: Git

  private func pipeline(_ text: Substring) throws -> Pipeline {
    var stages: [String] = [""]
    var isInside = false
    for character in text {
      if character == "(" { isInside = true }
      if character == ")" { isInside = false }
      if character == " ", !isInside { stages.append("") } else { stages[stages.count - 1].append(character) }
    }
    return Pipeline(name: "default", stages: try stages.filter { !$0.isEmpty }.map { try Stage(story: $0[...]) })
  }

  /// `NAME:ENVIRONMENT,… …`: from the next commit on; one whose name begins with `allow` is of that kind.
  private mutating func declareFreezes(_ words: [String]) {
    freezes = words.map { word in
      let pair = word.split(separator: ":").map(String.init)
      return Freeze(
        kind: pair[0].hasPrefix("allow") ? .allow : .deny, environments: pair[1].split(separator: ",").map(String.init),
        schedule: "0 18 * * FRI", duration: .seconds(3600), timeZone: "UTC", reason: pair[0])
    }
  }

  /// `NAME=open,SPAN NAME=closed …`: every window that is in use, or is about to be; closed where it is not named.
  private mutating func windows(_ words: [String]) throws {
    let told = Dictionary(
      uniqueKeysWithValues: words.map { word in
        let pair = word.split(separator: "=").map(String.init)
        return (pair[0], pair[1].split(separator: ",").map(String.init))
      })
    let all = engine.freezesInUse.union(freezes).sorted { $0.reason < $1.reason }
    hand(
      .freezesChanged(
        try all.map { freeze in
          let state = told[freeze.reason] ?? ["closed"]
          let until = state.count > 1 ? now + (try Duration(story: state[1])) : nil
          return FreezeWindow(freeze: freeze, isOpen: state[0] == "open", until: until)
        }))
  }

  /// `ROLLOUT STAGE NUMBER passed|failed|inconclusive [reason]`
  private mutating func finishAnalysis(_ words: [String]) throws {
    guard let outcome = AnalysisResult.Outcome.allCases.first(where: { $0.rawValue.lowercased() == words[3] }) else {
      throw StoryError("no outcome: \(words[3])")
    }
    hand(
      .analysisFinished(
        AnalysisResult(
          rollout: words[0], stage: words[1], number: Int(words[2]) ?? 0, outcome: outcome,
          reason: words.dropFirst(4).joined(separator: " "))))
  }

  /// `APP [gate=synced] [needs=OTHER,…] [on-failure=…] [on-new-release=…] [interval=…]`: the pipeline given last, for this
  /// app.
  private mutating func editPlan(_ words: [String]) throws {
    var edited = plan
    for word in words.dropFirst() {
      let pair = word.split(separator: "=").map(String.init)
      switch pair[0] {
      case "gate": edited.gate = AppDeclaration.Gate(rawValue: pair[1]) ?? .healthy
      case "needs": edited.dependsOn = pair[1].split(separator: ",").map(String.init)
      case "on-failure": edited.pipeline.onFailure = Pipeline.OnFailure(rawValue: pair[1]) ?? .halt
      case "on-new-release":
        edited.pipeline.onNewRelease = Pipeline.OnNewRelease(rawValue: pair[1]) ?? .supersede
      case "interval": edited.pipeline.minStageInterval = try Duration(story: pair[1])
      default: throw StoryError("no option \(word) of a plan")
      }
    }
    plans[words[0]] = edited
  }

  private func plan(of app: String) -> AppPlan {
    var edited = plans[app] ?? plan
    edited.pipeline.stages = plan.pipeline.stages
    edited.freezes = freezes
    return edited
  }

  /// `COMMIT APP [*=v1] [CLUSTER=v2 …] [-CLUSTER …]`; `v2!3` takes away 3 guarded objects.
  private mutating func commit(_ words: [String]) throws {
    let app = words[1]
    var clusters: [ClusterUID: AppDigest] = [:]
    var guarded: [ClusterUID: Int] = [:]
    for word in words.dropFirst(2) {
      let pair = word.split(separator: "=").map(String.init)
      if word.hasPrefix("-") {
        clusters[try uid(String(word.dropFirst()))] = nil
        continue
      }
      let parts = pair[1].split(separator: "!").map(String.init)
      for cluster in pair[0] == "*" ? engine.members.map(\.cluster) : [try uid(pair[0])] {
        clusters[cluster] = digest(parts[0], of: app)
        guarded[cluster] = parts.count > 1 ? Int(parts[1]) : nil
      }
    }
    let release = Release(app: app, commit: words[0], clusters: clusters)
    let event = RenderedRelease(release: release, plan: plan(of: app), guardedDeletions: guarded)
    rendered["\(app)@\(words[0])"] = event
    hand(.releaseRendered(event))
  }

  /// `CLUSTER APP COMMIT DIGEST|none`
  private mutating func amend(_ words: [String]) throws {
    let known = words[3] == "none" ? nil : digest(words[3], of: words[1])
    hand(
      .amendmentRendered(
        Amendment(cluster: try uid(words[0]), app: words[1], commit: words[2], digest: known)))
  }

  private mutating func digest(_ label: String, of app: String) -> AppDigest {
    let digest = label == "absent" ? AppContent.absent(app: app, .prune).digest : AppDigest(Digest(of: label))
    labels[digest] = label
    return digest
  }

  private func uid(_ name: String) throws -> ClusterUID {
    guard let uid = ClusterUID(name) else { throw StoryError("no cluster's name: \(name)") }
    return uid
  }

  // MARK: Reports

  private mutating func playReport(_ word: String, _ rest: [String]) throws -> Bool {
    switch word {
    case "pulling": for name in rest { hand(.pullProgressed(try uid(name))) }
    case "pulled": for name in rest { hand(.bundleAccepted(try uid(name), assignedDigests(try uid(name)))) }
    case "refuse":
      let hasApp = rest.count > 2 && rest[1].hasPrefix("app=")
      hand(
        .bundleRefused(
          try uid(rest[0]), app: hasApp ? String(rest[1].dropFirst(4)) : nil,
          reason: rest.dropFirst(hasApp ? 2 : 1).joined(separator: " ")))
    case "healthy": for name in rest { try reportAll(name, .synced, .healthy) }
    case "report": try report(rest)
    default: return false
    }
    return true
  }

  private func assignedDigests(_ cluster: ClusterUID) -> [String: AppDigest] {
    Dictionary(uniqueKeysWithValues: engine.assignments(of: cluster).map { ($0.app, $0.digest) })
  }

  /// The cluster runs whatever it is assigned.
  private mutating func reportAll(_ name: String, _ sync: Sync, _ health: Health) throws {
    let observations = engine.assignments(of: try uid(name)).map {
      AppObservation(app: $0.app, digest: $0.digest, sync: sync, health: health, blocking: false)
    }
    hand(.clusterReported(try uid(name), observations))
  }

  /// `CLUSTER APP DIGEST STATE [reason]`, a state being a sync, a health, or `sync/health`; a health other than Healthy
  /// blocks unless a `~` stands before it.
  private mutating func report(_ words: [String]) throws {
    let blocks = !words[3].hasPrefix("~")
    let names = words[3].filter { $0 != "~" }.split(separator: "/").map(String.init)
    let sync = names.lazy.compactMap { name in Sync.allCases.first { $0.rawValue == name } }.first
    let health = names.lazy.compactMap { name in Health.allCases.first { $0.rawValue == name } }.last
    let observation = AppObservation(
      app: words[1], digest: digest(words[2], of: words[1]), sync: sync ?? .synced, health: health ?? .progressing,
      blocking: blocks && health != .healthy, reason: words.dropFirst(4).joined(separator: " "))
    hand(.clusterReported(try uid(words[0]), [observation]))
  }

  // MARK: Operators

  private mutating func operate(_ word: String, _ rest: [String]) throws {
    let reason = rest.dropFirst().joined(separator: " ")
    switch word {
    case "approve":
      let release = releases[rest.count > 2 ? rest[2] : rest[0]] ?? Release(app: "", commit: "", clusters: [:]).digest
      act(.approved(rollout: rest[0], release: release, stage: rest[1]))
    case "pause": act(.paused(rollout: rest[0]), reason)
    case "resume": act(.resumed(rollout: rest[0]), reason)
    case "accept-silence": act(.silenceAccepted)
    case "abort": act(.aborted(rollout: rest[0]), reason)
    case "retry": act(.retried(rollout: rest[0]), reason)
    case "exclude":
      act(.excluded(rollout: rest[0], cluster: try uid(rest[1])), rest.dropFirst(2).joined(separator: " "))
    case "confirm": act(.deletionsConfirmed(rollout: rest[0], stage: rest[1], count: Int(rest[2]) ?? 0))
    default: try restrain(word, rest)
    }
  }

  /// Holds, freezes, suspensions and the ways back. Options such as `stage=prod` come before the reason.
  private mutating func restrain(_ word: String, _ rest: [String]) throws {
    var options: [String: String] = [:]
    var words = Array(rest.dropFirst())
    while let first = words.first, let sign = first.firstIndex(of: "=") {
      options[String(first[..<sign])] = String(first[first.index(after: sign)...])
      words.removeFirst()
    }
    let reason = words.joined(separator: " ")
    switch word {
    case "roll-back":
      act(
        .rolledBack(app: rest[0], stage: options["stage"], width: try options["width"].map { try Width(story: $0) }),
        reason)
    case "hold":
      let digests = (options["digest"] ?? "").split(separator: ",").map { digest(String($0), of: rest[0]) }
      act(.held(app: rest[0], digests: digests, stages: options["stage"].map { [$0] } ?? []), reason)
    case "lift": act(.holdLifted(app: rest[0], hold: Int(options["hold"] ?? "") ?? 0), reason)
    case "promote":
      guard let event = rendered["\(rest[0])@\(options["commit"] ?? "")"] else { throw StoryError("no such commit") }
      act(.promoted(PromotedRelease(release: event.release), stage: options["stage"] ?? ""), reason)
    case "override": act(.freezeOverridden(rollout: rest[0], stage: options["stage"] ?? ""), reason)
    case "suspend": act(.suspended(try scope(rest[0])), reason)
    case "unsuspend": act(.unsuspended(try scope(rest[0])), reason)
    default: throw StoryError("no command \(word)")
    }
  }

  /// `app:NAME`, `cluster:NAME` or `environment:NAME`.
  private func scope(_ word: String) throws -> SuspensionScope {
    let pair = word.split(separator: ":").map(String.init)
    return switch pair[0] {
    case "app": .app(pair[1])
    case "cluster": .cluster(try uid(pair[1]))
    default: .environment(pair[1])
    }
  }

  private mutating func act(_ act: OperatorAct.Act, _ reason: String = "") {
    hand(.operatorActed(OperatorAct(actor: "ann", reason: reason, act: act)))
  }

  // MARK: Time

  /// Lets time pass, and the engine be woken when it asked for it.
  private mutating func wait(_ span: String) throws {
    let end = now + (try Duration(story: span))
    while let wake = engine.nextWake, wake <= end {
      now = max(now, wake)
      lines.append("(\(time))")
      hand(.timePassed)
      if engine.nextWake == wake { throw StoryError("the engine asks to be woken again and again at \(wake)") }
    }
    now = end
  }

  private var time: String { "\(now.milliseconds / 1000).\(now.milliseconds % 1000 / 100) s" }

  // MARK: Telling

  private mutating func hand(_ event: RolloutEvent) {
    switch engine.handle(event, at: now) {
    case .refused(let error): lines.append("refused: \(error)")
    case .unchanged: lines.append("nothing")
    case .advanced(let entry, let actions, let closed):
      log.append(entry)
      self.closed += closed
      for case let rollout? in engine.appStatuses.map(\.rollout) { releases[rollout.id] = rollout.release }
      lines += entry.transitions.map(tell) + actions.compactMap(tell)
    }
  }

  private func tell(_ transition: Transition) -> String {
    let subject =
      switch transition.subject {
      case .rollout(let rollout, _): rollout
      case .stage(let stage, let rollout, _): "\(rollout) stage \(stage)"
      case .cluster(let cluster, let rollout, _): "\(rollout) \(cluster)"
      }
    return "\(subject): \(transition.from) → \(transition.to): \(transition.reason)"
  }

  private func tell(_ action: RolloutAction) -> String? {
    switch action {
    case .assign(let assignment):
      "  assign \(assignment.cluster) \(assignment.app)=\(label(assignment.digest)) (\(assignment.rollout))"
    case .withdraw(let cluster, let app): "  withdraw \(cluster) \(app)"
    case .alert(let alert): "  alert \(alert.kind.rawValue): \(alert.reason)"
    case .renderAmendment(let cluster, let app, let commit): "  render \(app) for \(cluster) at \(commit)"
    case .wake: nil
    case .startAnalysis(let rollout, let stage, let number, let checks):
      "  analyze \(rollout) \(stage) \(number): \(checks.map(\.name).joined(separator: ", "))"
    }
  }

  private func label(_ digest: AppDigest?) -> String {
    digest.map { labels[$0] ?? $0.digest.short } ?? "nothing"
  }

  private mutating func assigned() {
    for member in engine.members {
      let apps = engine.assignments(of: member.cluster).map { "\($0.app)=\(label($0.digest))" }
      lines.append("\(member.name): \(apps.isEmpty ? "nothing" : apps.joined(separator: " "))")
    }
  }

  private mutating func status(_ app: String) {
    guard let status = engine.status(ofApp: app), let rollout = status.rollout else {
      return lines.append("no rollout")
    }
    lines.append("\(rollout.id) of \(rollout.commit) is \(rollout.state): \(rollout.reason)")
    if rollout.isUnverified { lines.append("unverified: its gate asks for sync only") }
    if !rollout.unmatched.isEmpty { lines.append("unmatched: \(rollout.unmatched.joined(separator: " "))") }
    for stage in rollout.stages { tell(stage) }
    for loose in status.beside {
      lines.append(
        "beside, \(loose.rollout) \(loose.stage): \(loose.status.name) is \(loose.status.state): \(loose.status.reason)"
      )
    }
    for hold in status.holds { tell(hold) }
    if let queued = status.queued { lines.append("queued: \(queued.commit): \(queued.reason)") }
    for (stage, verified) in status.verified.sorted(by: { $0.key < $1.key }) {
      lines.append("verified in \(stage): \(verified.commit) by \(verified.rollout)")
    }
  }

  private mutating func tell(_ hold: HoldStatus) {
    let digests = hold.digests.map { label($0) }.sorted().joined(separator: " ")
    let place = hold.stages.isEmpty ? "everywhere" : "in \(hold.stages.joined(separator: " "))"
    lines.append(
      "hold \(hold.number)\(hold.isAutomatic ? " (automatic)" : ""): \(digests) \(place), of "
        + "\(counted(hold.clusters, "cluster")), by \(hold.actor): \(hold.reason)")
  }

  private mutating func tell(_ stage: StageStatus) {
    let waiting = stage.supersededWhileWaiting > 0 ? " (superseded while waiting: \(stage.supersededWhileWaiting))" : ""
    lines.append("  stage \(stage.name) is \(stage.state)\(waiting): \(stage.reason)")
    for cluster in stage.clusters {
      let due = cluster.deadline.map { ", until \($0.milliseconds / 1000) s" } ?? ""
      lines.append("    \(cluster.name) \(cluster.state), runs \(label(cluster.assigned))\(due): \(cluster.reason)")
    }
  }
}
