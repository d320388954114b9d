import Dispatch
public import Manifests
import Processes

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
    let run = ProgramRun(
      program: program, arguments: arguments, input: question, deadline: deadline,
      answerBytes: ProbeLimits.answerBytes, complaintBytes: CommandProbe.complaintBytes)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async {
          continuation.resume(
            returning: Result { () throws(ProgramFailure) in try run.answer { abandoned.isRaised } })
        }
      }
    } onCancel: {
      abandoned.raise()
    }
    return try result.mapError { FleetError($0, of: program) }.get()
  }

  /// Complaints end with what matters most; this much of the end is for people to read.
  private static let complaintBytes = 300
}

extension FleetError {
  fileprivate init(_ failure: ProgramFailure, of program: String) {
    let message =
      switch failure.reason {
      case .notStarted: "the probe cannot be started"
      case .exited(let code): "the probe ended with status \(code)"
      case .killed(let signal): "the probe was ended by signal \(signal)"
      case .late: "the probe gave no whole answer in time"
      case .tooMuch(let bytes): "the probe's answer is larger than \(bytes) bytes"
      case .abandoned: "the probe was abandoned"
      }
    self.init(.probe, message, at: .init(file: program), cause: failure.complaint)
  }
}
