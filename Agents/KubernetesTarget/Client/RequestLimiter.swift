import Synchronization

/// Holds requests back so that a small API server is not overrun: a rate, a number at once, and the server's own wish.
final class RequestLimiter: Sendable {
  private struct State {
    var bucket: TokenBucket
    var running = 0
    var waiting: [(id: UInt64, grant: CheckedContinuation<Bool, Never>)] = []
    var lastID: UInt64 = 0
    /// Until when the server wants to be left alone.
    var heldUntil: Duration = .zero
  }

  private let concurrency: Int
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  init(perSecond: Double, burst: Int, concurrency: Int) {
    self.concurrency = max(concurrency, 1)
    state = Mutex(State(bucket: TokenBucket(perSecond: perSecond, burst: burst, now: .zero)))
  }

  /// Does something as one of the requests under way; false when the task was cancelled before its turn came.
  func run<Result>(_ body: () async -> Result) async -> Result? {
    guard await admit() else { return nil }
    let result = await body()
    release()
    return result
  }

  /// Waits for a turn of the rate alone, for what lasts longer than a request: watches.
  func pace() async -> Bool {
    let now = start.duration(to: .now)
    let delay = state.withLock { max($0.bucket.take(now: now), $0.heldUntil - now) }
    guard delay > .zero else { return !Task.isCancelled }
    try? await Task.sleep(for: delay)
    return !Task.isCancelled
  }

  /// Lets no request begin for a while.
  func holdOff(_ pause: Duration) {
    let until = start.duration(to: .now) + pause
    state.withLock { $0.heldUntil = max($0.heldUntil, until) }
  }

  private func admit() async -> Bool {
    guard await pace() else { return false }
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { grant in
        let isAdmitted = state.withLock { state -> Bool? in
          // Looked at inside the lock: a cancellation that comes later finds the waiter and takes it away.
          if Task.isCancelled { return false }
          guard state.running >= concurrency else {
            state.running += 1
            return true
          }
          state.waiting.append((id, grant))
          return nil
        }
        if let isAdmitted { grant.resume(returning: isAdmitted) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func giveUp(_ id: UInt64) {
    let waiter = state.withLock { state in
      state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).grant }
    }
    waiter?.resume(returning: false)
  }

  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst().grant
    }
    next?.resume(returning: true)
  }
}
