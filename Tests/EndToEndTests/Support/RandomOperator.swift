import LocalFleet
import Synchronization
import TestSupport
import Wire

/// Somebody who lets rollouts go on where they wait for a person, and now and then does anything else that one can do.
final class RandomOperator: Sendable {
  private let fleet: LocalFleet
  private let apps: [String]
  private let environments: [String]
  /// Whether it does more than letting rollouts go on.
  private let meddles: Bool
  private let state: Mutex<State>

  private struct State {
    var dice: Randomness
    var acts = 0
    var done: [String] = []
    var refused = 0
  }

  init(_ fleet: LocalFleet, apps: [String], environments: [String], meddles: Bool = true, seed: UInt64) {
    self.fleet = fleet
    self.meddles = meddles
    self.apps = apps
    self.environments = environments
    state = Mutex(State(dice: Randomness(seed: seed)))
  }

  /// The reasons of all acts that the hub called done.
  var done: [String] { state.withLock { $0.done } }
  var refused: Int { state.withLock { $0.refused } }

  /// Acts until the task is cancelled, whether there is a hub or not.
  func run() async {
    while !Task.isCancelled {
      let app = apps[pick(apps.count)]
      do {
        if try await !letGo(app), meddles, pick(6) == 0 { try await meddle(app) }
        if pick(4) == 0 { try await takeBack(app) }
      } catch {
        state.withLock { $0.refused += 1 }
      }
      try? await Task.sleep(for: .milliseconds(40 + pick(160)))
    }
  }

  /// Takes back everything that keeps rollouts from their end, and lets go on what waits for a person.
  func clearTheWay() async throws {
    let restraints = try await fleet.ask { try await $0.listRestraints(.init()) }
    for suspension in restraints.suspensions { try await unsuspend(suspension) }
    for hold in restraints.holds { try await lift(hold) }
    for app in apps {
      guard let detail = try await newest(app) else { continue }
      if detail.rollout?.state == .paused {
        // Whoever paused it: each way is refused where the other one is meant.
        try? await operate(.resume(.init()), detail)
        try? await operate(.resume(.init(acceptSilence: true)), detail)
      }
      if detail.rollout?.state == .failed { try? await operate(.retry(.init()), detail) }
      _ = try? await letGo(app, always: true)
    }
  }

  // MARK: Acts

  /// Returns whether something waited for a person.
  private func letGo(_ app: String, always: Bool = false) async throws -> Bool {
    guard let detail = try await newest(app), let rollout = detail.rollout,
      let stage = detail.stages.first(where: { $0.state == .awaitingBefore || $0.state == .awaitingAfter })
    else { return false }
    if !always, pick(4) == 0 { return true }
    switch (stage.state, stage.wait) {
    case (.awaitingAfter, _), (_, .approval): try await approve(rollout, stage)
    case (_, .confirmation): try await confirm(rollout, stage)
    case (_, .freeze):
      if always || pick(3) == 0 { try await operate(.overrideFreeze(.init(stage: stage.name)), detail) }
    default: return false
    }
    return true
  }

  private func approve(_ rollout: FlotillaV1.Rollout, _ stage: FlotillaV1.RolloutStage) async throws {
    try await act("approve") { client, reason in
      _ = try await client.approveRollout(
        .init(id: rollout.id, stage: stage.name, release: rollout.release, comment: reason))
    }
  }

  private func confirm(_ rollout: FlotillaV1.Rollout, _ stage: FlotillaV1.RolloutStage) async throws {
    try await act("confirm") { client, reason in
      _ = try await client.confirmDeletions(
        .init(id: rollout.id, stage: stage.name, count: stage.deletions?.objects ?? 0, comment: reason))
    }
  }

  private func operate(
    _ act: FlotillaV1.OperateRolloutRequest.Act, _ detail: FlotillaV1.RolloutDetail
  ) async throws {
    let id = detail.rollout?.id ?? ""
    try await self.act("\(act)") { client, reason in
      _ = try await client.operateRollout(.init(id: id, reason: reason, act: act))
    }
  }

  private func operate(_ act: FlotillaV1.OperateAppRequest.Act, app: String) async throws {
    try await self.act("\(act)") { client, reason in
      _ = try await client.operateApp(.init(app: app, reason: reason, act: act))
    }
  }

  private func lift(_ hold: FlotillaV1.Hold) async throws {
    try await operate(.liftHold(.init(number: hold.number)), app: hold.app)
  }

  private func unsuspend(_ suspension: FlotillaV1.Suspension) async throws {
    try await act("unsuspend") { client, reason in
      let scope: FlotillaV1.UnsuspendRequest.Scope? =
        switch suspension.scope {
        case .app(let name): .app(name)
        case .cluster(let name): .cluster(name)
        case .environment(let name): .environment(name)
        case nil: nil
        }
      _ = try await client.unsuspend(.init(scope: scope, reason: reason))
    }
  }

  /// Does something that nobody asked for.
  private func meddle(_ app: String) async throws {
    guard let detail = try await newest(app), let rollout = detail.rollout else { return }
    switch pick(10) {
    case 0: try await operate(.pause(.init()), detail)
    case 1: try await operate(.abort(.init()), detail)
    case 2, 3: try await operate(.retry(.init()), detail)
    case 4: try await operate(.rollBack(.init(width: pick(2) == 0 ? "1" : "")), app: app)
    case 5: try await operate(.hold(.init(stages: pick(2) == 0 ? [] : ["prod"])), app: app)
    case 6: try await operate(.promote(.init(which: .rollout(rollout.id), stage: "dev")), app: app)
    case 7:
      let cluster = detail.stages.flatMap(\.clusters).first { $0.state != .soaked }
      if let cluster { try await operate(.exclude(.init(cluster: cluster.name)), detail) }
    case 8: try await suspend(.environment(environments[pick(environments.count)]))
    default: try await suspend(.app(app))
    }
  }

  private func suspend(_ scope: FlotillaV1.SuspendRequest.Scope) async throws {
    try await act("suspend") { client, reason in _ = try await client.suspend(.init(scope: scope, reason: reason)) }
  }

  /// Rollouts are to move more than they stand.
  private func takeBack(_ app: String) async throws {
    if let detail = try await newest(app), detail.rollout?.state == .paused {
      try? await operate(.resume(.init(acceptSilence: pick(4) == 0)), detail)
    }
    let restraints = try await fleet.ask { try await $0.listRestraints(.init()) }
    if let suspension = restraints.suspensions.first { try await unsuspend(suspension) }
    if let hold = restraints.holds.first { try await lift(hold) }
  }

  // MARK: Means

  private func newest(_ app: String) async throws -> FlotillaV1.RolloutDetail? {
    try await fleet.ask { try await $0.getRollout(.init(which: .app(app))) }.rollout
  }

  /// Does one thing under words that nothing else is done under, and notes them once the hub says that it is done.
  private func act(
    _ what: String, _ body: @escaping @Sendable (FlotillaV1.OperatorClient, String) async throws -> Void
  ) async throws {
    let reason = state.withLock { state in
      state.acts += 1
      return "act \(state.acts): \(what.prefix(60))"
    }
    try await fleet.ask { try await body($0, reason) }
    state.withLock { $0.done.append(reason) }
  }

  private func pick(_ count: Int) -> Int { state.withLock { Int.random(in: 0..<count, using: &$0.dice) } }
}
