import FleetModel
import Manifests
import Synchronization

@testable import AgentCore

/// A target in memory whose applies wait for a word, and which counts who is in it at once.
final class HeldTarget: ApplyTarget {
  private struct State {
    var held: Set<String> = []
    var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    var inside: [String: Int] = [:]
    var applied: [String] = []
    var mostInside = 0
    var mostInsideOfOne = 0
    var holdsKeep = false
    var keeping: CheckedContinuation<Void, Never>?
    var tell: (@Sendable (TargetChange) -> Void)?
  }

  let kind = "held"
  private let state: Mutex<State>

  /// - Parameter held: apps whose applies wait until they are let go.
  init(holding held: Set<String> = []) { state = Mutex(State(held: held)) }

  var inside: Set<String> { state.withLock { Set($0.inside.filter { $0.value > 0 }.keys) } }
  /// In the order in which applies ended, with the digest.
  var applied: [String] { state.withLock(\.applied) }
  var mostInside: Int { state.withLock(\.mostInside) }
  var mostInsideOfOne: Int { state.withLock(\.mostInsideOfOne) }

  func hold(_ apps: Set<String>) { state.withLock { $0.held.formUnion(apps) } }

  func letGo(_ apps: Set<String>) {
    let waiting = state.withLock { state in
      state.held.subtract(apps)
      return apps.flatMap { state.waiting.removeValue(forKey: $0) ?? [] }
    }
    for one in waiting { one.resume() }
  }

  /// Has the next call of `keep` wait, and the reconciler's loop with it.
  func holdKeep() { state.withLock { $0.holdsKeep = true } }

  var isKeeping: Bool { state.withLock { $0.keeping != nil } }

  func letGoOfKeep() {
    let keeping = state.withLock { state in
      state.holdsKeep = false
      defer { state.keeping = nil }
      return state.keeping
    }
    keeping?.resume()
  }

  func keep(_ apps: Set<String>) async {
    await withCheckedContinuation { turn in
      let isFree = state.withLock { state in
        guard state.holdsKeep else { return true }
        state.keeping = turn
        return false
      }
      if isFree { turn.resume() }
    }
  }

  func tell(_ change: TargetChange) { state.withLock(\.tell)?(change) }

  func serverVersion() async -> String { "" }

  func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError) {
    state.withLock { $0.tell = changed }
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
  }

  func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome] {
    await withCheckedContinuation { turn in
      let isFree = state.withLock { state in
        state.inside[app.name, default: 0] += 1
        state.mostInsideOfOne = max(state.mostInsideOfOne, state.inside[app.name] ?? 0)
        state.mostInside = max(state.mostInside, state.inside.values.reduce(0, +))
        guard state.held.contains(app.name) else { return true }
        state.waiting[app.name, default: []].append(turn)
        return false
      }
      if isFree { turn.resume() }
    }
    state.withLock { state in
      state.inside[app.name, default: 1] -= 1
      state.applied.append("\(app.name) \(app.digest)")
    }
    return app.manifests.manifests.map { ObjectOutcome(id: $0.id, result: .created) }
  }

  func owned() async throws(FleetError) -> [OwnedObject] { [] }
  func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome] { [] }
  func disown(_ objects: [OwnedObject]) async -> [ObjectOutcome] { [] }

  func observe(_ app: DesiredApp) async -> AppObservation {
    AppObservation(
      objects: app.manifests.manifests.map { .init(id: $0.id, health: .healthy, isBlocking: false, reason: "") })
  }
}
