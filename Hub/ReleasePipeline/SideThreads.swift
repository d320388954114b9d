import Dispatch
import Glibc
import Synchronization

/// Threads for long computations that somebody asked for and the pipeline can do without: half as many as there are
/// processors, so that neither takes the other's.
///
/// Nothing that calls an actor may run here: the actor would wait for a thread with everybody who calls it.
final class SideThreads: TaskExecutor {
  static let shared = SideThreads(count: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2))

  /// One thread each, beside the pool of the tasks.
  private let queues: [DispatchQueue]
  private let next = Atomic(0)

  init(count: Int) { queues = (0..<count).map { DispatchQueue(label: "side-\($0)") } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    queues[Int(UInt(bitPattern: turn) % UInt(queues.count))].async {
      job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }

  /// Computes something here.
  func run<Outcome: Sendable, Failure: Error>(
    _ body: @Sendable () async throws(Failure) -> Outcome
  ) async throws(Failure) -> Outcome {
    try await withTaskExecutorPreference(self, operation: body)
  }
}
