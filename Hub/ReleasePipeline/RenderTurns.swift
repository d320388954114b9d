import Synchronization

/// Gives up the render of a commit when a newer one has come.
///
/// What was rendered until then is kept and used by the next render. At most `limit` renders are given up one after the
/// other: the next is carried to its end whatever comes, so that a repository which gets commits faster than they can be
/// rendered still has its releases.
final class RenderTurns: Sendable {
  /// Three: a burst of commits costs little more than its last one, and under constant ones every fourth is released.
  static let limit = 3

  private struct State {
    var newest: String?
    var givenUpInARow = 0
    /// The commit that is being rendered, and what ends that.
    var going: (commit: String, cancel: @Sendable () -> Void)?

    func isOutdated(_ commit: String) -> Bool {
      newest.map { $0 != commit } ?? false && givenUpInARow < RenderTurns.limit
    }
  }

  private let state = Mutex(State())

  /// Notes the newest commit of the repository.
  func saw(_ commit: String) {
    state.withLock { state in
      state.newest = commit
      if let going = state.going, state.isOutdated(going.commit) { going.cancel() }
    }
  }

  /// Does a part of the render of a commit, in a task that is cancelled when a newer commit comes.
  func part<Outcome: Sendable>(
    of commit: String, _ body: @escaping @Sendable () async throws(CancellationError) -> Outcome
  ) async throws(CancellationError) -> Outcome {
    // Both under the lock: a render that nobody wants any longer does not begin, and one that begins can be ended.
    let begun = state.withLock { state -> Task<Result<Outcome, CancellationError>, Never>? in
      guard !state.isOutdated(commit) else { return nil }
      let task = Task { () async -> Result<Outcome, CancellationError> in
        do throws(CancellationError) { return .success(try await body()) } catch { return .failure(error) }
      }
      state.going = (commit, { task.cancel() })
      return task
    }
    guard let task = begun else { throw CancellationError() }
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    state.withLock { $0.going = nil }
    return try result.get()
  }

  /// Notes how the render of a commit has ended.
  func ended(givenUp: Bool) {
    state.withLock { $0.givenUpInARow = givenUp ? $0.givenUpInARow + 1 : 0 }
  }
}
