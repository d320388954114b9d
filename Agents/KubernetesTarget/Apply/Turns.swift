import Synchronization

/// Lets what is done about one thing be done one after the other, in the order of coming.
final class Turns: Sendable {
  /// Who waits for each thing that is taken.
  private let taken = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

  func run<Result, Failure: Error>(
    _ key: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Result
  ) async throws(Failure) -> Result {
    await enter(key)
    defer { leave(key) }
    return try await body()
  }

  private func enter(_ key: String, isolation: isolated (any Actor)? = #isolation) async {
    await withCheckedContinuation { turn in
      let isFree = taken.withLock { taken in
        guard taken[key] != nil else {
          taken[key] = []
          return true
        }
        taken[key]?.append(turn)
        return false
      }
      if isFree { turn.resume() }
    }
  }

  private func leave(_ key: String) {
    let next = taken.withLock { taken -> CheckedContinuation<Void, Never>? in
      guard let waiting = taken[key], !waiting.isEmpty else {
        taken[key] = nil
        return nil
      }
      return taken[key]?.removeFirst()
    }
    next?.resume()
  }
}
