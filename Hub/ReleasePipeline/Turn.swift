import Manifests

/// Lets one at a time do what takes long; the others wait in the order in which they came, as long as they want to.
actor Turn {
  private var isTaken = false
  private var waiting: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
  private var next: UInt64 = 0
  private let limit: Int

  /// - Parameter limit: how many may wait at once.
  init(limit: Int = .max) { self.limit = limit }

  /// How many wait.
  var count: Int { waiting.count }

  /// Throws when too many wait already, and a cancellation when the task is cancelled before its turn comes.
  func take<Outcome: Sendable>(_ body: @Sendable () async throws -> Outcome) async throws -> Outcome {
    if isTaken {
      guard waiting.count < limit else { throw FleetError.tooManyWait(limit) }
      next += 1
      let number = next
      let hasTurn = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          if Task.isCancelled { return continuation.resume(returning: false) }
          waiting.append((number, continuation))
        }
      } onCancel: {
        Task { await self.giveUp(number) }
      }
      guard hasTurn else { throw CancellationError() }
    }
    // Whoever ends hands the turn over: nobody comes in between.
    isTaken = true
    defer {
      if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().continuation.resume(returning: true) }
    }
    return try await body()
  }

  private func giveUp(_ number: UInt64) {
    guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
    waiting.remove(at: index).continuation.resume(returning: false)
  }
}

extension FleetError {
  fileprivate static func tooManyWait(_ limit: Int) -> FleetError {
    FleetError(
      .limitExceeded, "\(limit) calls wait for their turn already", nextStep: "ask again when some of them have ended")
  }
}
