import Dispatch
public import Manifests
import Synchronization

/// Asks a program of the host: the question on its standard input, the answer on its standard output.
///
/// The program is started anew for every question, without a shell, with nothing but `PATH` and `LANG` in its
/// environment, in `/`. Its process group is its own and ends with it: what it leaves running is killed, and so is the
/// program itself when its time is up. Only the answer of one that ends with status 0 counts.
public struct CommandProbe: HealthProbe {
  private let program: String
  private let arguments: [String]
  private let deadline: Duration
  private let queue = DispatchQueue(label: "flotilla.command-probe", attributes: .concurrent)

  /// - Parameter command: the absolute path of a program, and its arguments; an empty list is no probe.
  public init?(command: [String]) { self.init(command: command, deadline: ProbeLimits.deadline) }

  init?(command: [String], deadline: Duration) {
    guard let program = command.first else { return nil }
    self.program = program
    arguments = Array(command.dropFirst())
    self.deadline = deadline
  }

  public func ask(_ question: [UInt8]) async throws(FleetError) -> [UInt8] {
    let abandoned = Flag()
    let run = ProgramRun(program: program, arguments: arguments, input: question, deadline: deadline)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: Result { () throws(FleetError) in try run.answer(abandoned) }) }
      }
    } onCancel: {
      abandoned.raise()
    }
    return try result.get()
  }
}

/// Raised once, and seen by whoever looks.
final class Flag: Sendable {
  private let value = Atomic(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }
  func raise() { value.store(true, ordering: .relaxed) }
}
