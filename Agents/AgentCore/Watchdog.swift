import Synchronization

/// Tells work that goes on from work that is stuck, for whoever restarts an agent that is.
///
/// The reconciler says when its loop comes round and what it has begun and ended; somebody asks now and then. A loop
/// that is asked has to come round, and no single piece of work may last for ever.
public final class Watchdog: Sendable {
  /// How long the loop may take to come round: it only starts work and never waits for any.
  static let roundLimit: Duration = .seconds(120)
  /// How long one app may be worked on: 2,000 objects whose every request lasts almost its whole deadline. A restart
  /// loses nothing but the place.
  static let workLimit: Duration = .seconds(3600)

  private struct Work {
    var what: String
    var since: Duration
  }

  private struct State {
    var asked: Duration?
    var work: [Int: Work] = [:]
    var last = 0
  }

  private let elapsed: @Sendable () -> Duration
  private let state = Mutex(State())

  /// - Parameter elapsed: the time since any fixed instant, without that which the host was asleep.
  public init(elapsed: (@Sendable () -> Duration)? = nil) {
    let start = SuspendingClock.now
    self.elapsed = elapsed ?? { SuspendingClock.now - start }
  }

  func cameRound() { state.withLock { $0.asked = nil } }

  func began(_ what: String) -> Int {
    let now = elapsed()
    return state.withLock { state in
      state.last &+= 1
      state.work[state.last] = Work(what: what, since: now)
      return state.last
    }
  }

  func ended(_ number: Int) { state.withLock { _ = $0.work.removeValue(forKey: number) } }

  /// What is stuck, one line each; from now on the loop has to come round.
  func ask() -> [String] {
    let now = elapsed()
    return state.withLock { state in
      let asked = state.asked ?? now
      state.asked = asked
      var stuck: [String] = []
      if now - asked > Self.roundLimit { stuck.append("the reconciler's loop does not come round") }
      let late = state.work.sorted { $0.key < $1.key }.filter { now - $0.value.since > Self.workLimit }
      return stuck + late.map { "\($0.value.what) does not come to its end" }
    }
  }
}
