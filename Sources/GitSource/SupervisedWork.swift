internal import Synchronization

/// Runs blocking work on a thread of its own and watches over it.
enum SupervisedWork {
  /// How long stopped work may take to notice before it is given up.
  static let grace = Duration.seconds(5)

  /// What the work returned; nil when it had to be given up, which leaves its thread behind until it ends by itself.
  ///
  /// Cancelling the task stops the operation.
  static func run<Value: Sendable>(
    _ operation: NetworkOperation, _ work: @escaping @Sendable () -> Value
  ) async -> Value? {
    let outcome = FirstValue<Value?>()
    let supervisor = Task {
      await operation.supervise()
      if Task.isCancelled { return }
      try? await Task.sleep(for: grace)
      if !Task.isCancelled { outcome.set(nil) }
    }
    defer { supervisor.cancel() }
    return await withTaskCancellationHandler {
      if !BlockingThread.start({ outcome.set(work()) }) { outcome.set(work()) }
      return await outcome.get()
    } onCancel: {
      operation.stop(.cancelled)
    }
  }
}

/// The first value set; later ones are dropped. One task may wait for it.
private final class FirstValue<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, Never>)
    case set(Value)
  }

  private let state = Mutex(State.empty)

  func set(_ value: Value) {
    let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
      switch state {
      case .set: return nil
      case .empty:
        state = .set(value)
        return nil
      case .waiting(let continuation):
        state = .set(value)
        return continuation
      }
    }
    waiter?.resume(returning: value)
  }

  func get() async -> Value {
    await withCheckedContinuation { continuation in
      let value = state.withLock { state -> Value? in
        if case .set(let value) = state { return value }
        state = .waiting(continuation)
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
