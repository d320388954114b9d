internal import Digests
internal import FleetModel
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
internal import Wire

// How rollouts are spelt on the wire.

extension FlotillaV1.Rollout {
  init(_ status: RolloutStatus) {
    self.init()
    id = status.id
    app = status.app
    release = status.release.digest.bytes
    commit = .init(id: status.commit)
    state = .init(engine: status.state)
    reason = status.reason
    startedUnixMs = status.startedAt.milliseconds
    changedUnixMs = status.changedAt.milliseconds
    endedUnixMs = status.endedAt?.milliseconds ?? 0
    unverified = status.isUnverified
    let open = status.stages.first { $0.state != .succeeded }
    stage = open?.name ?? ""
    stageState = open.map { .init(engine: $0.state) } ?? .succeeded
    stageWait = open.map { .init(engine: $0.state) } ?? .unspecified
    let counts = status.stages.map(\.counts)
    clustersSoaked = counts.reduce(0) { $0 + Int64($1.soaked) }
    clustersChanged = counts.reduce(0) {
      $0 + Int64($1.pending + $1.inFlight + $1.soaked + $1.failed + $1.offline)
    }
  }
}

extension FlotillaV1.RolloutDetail {
  init(_ view: RolloutView) {
    self.init(
      rollout: .init(view.status), stages: view.status.stages.map { .init($0) }, unmatched: view.status.unmatched,
      beside: view.beside.map { .init($0) })
    let app = view.status.app
    holds = view.holds.map { .init($0, of: app) }
    queued = view.queued.map { .init($0) }
    if let commit = view.commit { rollout?.commit = .init(commit) }
  }
}

extension FlotillaV1.LooseCluster {
  init(_ loose: LooseClusterStatus) {
    self.init(
      rollout: loose.rollout, stage: loose.stage, catchingUp: loose.isCatchingUp, cluster: .init(loose.status),
      rollingBack: loose.isRollingBack)
  }
}

extension FlotillaV1.RolloutStage {
  init(_ status: StageStatus) {
    self.init()
    name = status.name
    state = .init(engine: status.state)
    wait = .init(engine: status.state)
    reason = status.reason
    changedUnixMs = status.changedAt.milliseconds
    wave = Int64(status.wave)
    waves = Int64(status.waves)
    counts = .init(status.counts)
    approval = status.approval.map { .init(actor: $0.actor ?? "", timeUnixMs: $0.time?.milliseconds ?? 0) }
    deletions = status.deletions.map {
      .init(objects: Int64($0.objects), clusters: Int64($0.clusters), actor: $0.actor ?? "")
    }
    nextDeadlineUnixMs = status.nextDeadline?.milliseconds ?? 0
    supersededWhileWaiting = Int64(status.supersededWhileWaiting)
    clusters = status.clusters.map { .init($0) }
  }
}

extension FlotillaV1.StageCounts {
  init(_ counts: StageStatus.Counts) {
    self.init(
      pending: Int64(counts.pending), inFlight: Int64(counts.inFlight), soaked: Int64(counts.soaked),
      failed: Int64(counts.failed), offline: Int64(counts.offline), excluded: Int64(counts.excluded),
      unchanged: Int64(counts.unchanged), held: Int64(counts.held), outside: Int64(counts.outside))
  }
}

extension FlotillaV1.RolloutCluster {
  init(_ status: ClusterStatus) {
    self.init()
    name = status.name
    uid = status.cluster.wireBytes
    state = .init(engine: status.state)
    reason = status.reason
    target = status.target.digest.bytes
    assigned = status.assigned?.digest.bytes ?? []
    changedUnixMs = status.changedAt.milliseconds
    deadlineUnixMs = status.deadline?.milliseconds ?? 0
    soakRestarts = Int64(status.soakRestarts)
    outside = status.isOutside
  }
}

// The wire's enumerations and the engine's have the same names; these say which is meant.
typealias EngineRolloutState = RolloutState
typealias EngineStageState = StageState

extension FlotillaV1.RolloutState {
  init(engine state: EngineRolloutState) {
    switch state {
    case .planned: self = .planned
    case .running: self = .running
    case .paused: self = .paused
    case .succeeded: self = .succeeded
    case .failed: self = .failed
    case .superseded: self = .superseded
    case .aborted: self = .aborted
    case .rolledBack: self = .rolledBack
    }
  }
}

extension FlotillaV1.StageState {
  init(engine state: EngineStageState) {
    switch state {
    case .pending: self = .pending
    case .awaitingBefore: self = .awaitingBefore
    case .rolling: self = .rolling
    case .soaking: self = .soaking
    case .analyzing: self = .analyzing
    case .awaitingAfter: self = .awaitingAfter
    case .succeeded: self = .succeeded
    case .failed: self = .failed
    case .halted: self = .halted
    }
  }
}

extension FlotillaV1.StageWait {
  init(engine state: EngineStageState) {
    switch state {
    case .awaitingBefore(.approval): self = .approval
    case .awaitingBefore(.freeze): self = .freeze
    case .awaitingBefore(.confirmation): self = .confirmation
    default: self = .unspecified
    }
  }
}

extension FlotillaV1.RolloutClusterState {
  init(engine state: ClusterState) {
    switch state {
    case .pending: self = .pending
    case .offered: self = .offered
    case .pulled: self = .pulled
    case .applying: self = .applying
    case .progressing: self = .progressing
    case .healthy: self = .healthy
    case .soaked: self = .soaked
    case .failed: self = .failed
    case .timedOut: self = .timedOut
    case .offline: self = .offline
    case .awaitingExport: self = .awaitingExport
    case .awaitingReport: self = .awaitingReport
    case .skipped(.noChange): self = .noChange
    case .skipped(.excluded): self = .excluded
    case .skipped(.removed): self = .removed
    case .skipped(.held): self = .held
    case .superseded: self = .superseded
    case .rolledBack: self = .rolledBack
    }
  }
}
