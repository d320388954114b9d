import CSpawn
import Glibc
import Synchronization

/// One run of a program of the host: from its start until nothing is left of it but its answer.
///
/// The program is started without a shell, with nothing in its environment but what it is given, and with no descriptor
/// but its standard streams. Its process group is its own and ends with it: what it leaves running is killed, and so is
/// the program itself when its time is up. Only the answer of one that ends with status 0 counts.
public struct ProgramRun: Sendable {
  /// Its absolute path.
  public var program: String
  public var arguments: [String]
  /// What it reads from its standard input.
  public var input: [UInt8]
  /// `NAME=value` each.
  public var environment: [String]
  public var directory: String
  public var deadline: Duration
  /// How much it may write to its standard output.
  public var answerBytes: Int
  /// How much is kept of the end of what it writes to its standard error.
  public var complaintBytes: Int

  /// How soon an end is seen that no closed pipe tells of, in milliseconds: far below what anybody waits for here.
  private static let tick: Int32 = 5
  /// What every program is told of the host.
  public static let hostEnvironment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
  ]

  public init(
    program: String, arguments: [String], input: [UInt8] = [], environment: [String] = hostEnvironment,
    directory: String = "/", deadline: Duration, answerBytes: Int, complaintBytes: Int
  ) {
    self.program = program
    self.arguments = arguments
    self.input = input
    self.environment = environment
    self.directory = directory
    self.deadline = deadline
    self.answerBytes = answerBytes
    self.complaintBytes = complaintBytes
  }

  /// What the program wrote to its standard output; throws when it did not end well in time.
  ///
  /// Blocks its thread for at most the deadline, and as long as the system takes to end a killed process.
  /// - Parameter isAbandoned: asked now and then; true ends the program.
  public func answer(unless isAbandoned: () -> Bool) throws(ProgramFailure) -> [UInt8] {
    let descriptors = Descriptors()
    defer { descriptors.closeAll() }
    let question = try descriptors.file(holding: input)
    let (output, outputEnd) = try descriptors.pipe()
    let (complaints, complaintsEnd) = try descriptors.pipe()
    let child = try start(question, outputEnd, complaintsEnd)
    for taken in [question, outputEnd, complaintsEnd] { descriptors.close(taken) }
    var outputs = ProgramOutputs(
      answer: output, upTo: answerBytes, complaints: complaints, keeping: complaintBytes)
    let verdict = follow(child, &outputs, isAbandoned)
    let status = child.end()
    if verdict == .ended { outputs.takeRest() }
    return try judge(verdict, status, outputs)
  }

  private enum Verdict { case ended, late, abandoned, tooMuch }

  private func follow(_ child: ChildProcess, _ outputs: inout ProgramOutputs, _ isAbandoned: () -> Bool) -> Verdict {
    let end = ContinuousClock.now + deadline
    while true {
      outputs.take(within: ProgramRun.tick)
      if outputs.isTooMuch { return .tooMuch }
      if child.hasEnded { return .ended }
      if isAbandoned() { return .abandoned }
      if ContinuousClock.now >= end { return .late }
    }
  }

  private func judge(
    _ verdict: Verdict, _ status: ChildProcess.Status, _ outputs: ProgramOutputs
  ) throws(ProgramFailure) -> [UInt8] {
    let reason: ProgramFailure.Reason
    switch (verdict, status) {
    case _ where verdict == .tooMuch || outputs.isTooMuch: reason = .tooMuch(answerBytes)
    case (.ended, .exited(0)): return outputs.answer
    case (.ended, .exited(let code)): reason = .exited(code)
    case (.ended, .killed(let signal)): reason = .killed(signal)
    case (.abandoned, _): reason = .abandoned
    case (.late, _), (.tooMuch, _): reason = .late(deadline)
    }
    throw ProgramFailure(reason: reason, complaint: outputs.lastComplaint)
  }

  /// Starts the program in a group of its own, with these as its standard streams and no other descriptor.
  private func start(_ input: Int32, _ output: Int32, _ complaints: Int32) throws(ProgramFailure) -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (standard, own) in zip(Int32(0)..., [input, output, complaints]) {
      posix_spawn_file_actions_adddup2(&actions, own, standard)
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    posix_spawn_file_actions_addchdir_np(&actions, directory)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A child inherits which signals are blocked and ignored here, where nobody means it for a program of the host.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var pid: pid_t = 0
    let code = ([program] + arguments).withCStrings { words in
      environment.withCStrings { environment in
        posix_spawn(&pid, program, &actions, &attributes, words, environment)
      }
    }
    guard code == 0 else { throw ProgramFailure.notStarted(code) }
    return ChildProcess(pid: pid)
  }
}

/// Why a program gave no answer.
public struct ProgramFailure: Error, Sendable {
  public enum Reason: Hashable, Sendable {
    case notStarted
    case exited(Int32)
    /// Ended by a signal that nobody here has sent.
    case killed(Int32)
    /// Not done within this time.
    case late(Duration)
    /// An answer of more than so many bytes.
    case tooMuch(Int)
    /// Nobody wants the answer any longer.
    case abandoned
  }

  public var reason: Reason
  /// The end of what it wrote to its standard error, in one line; what the system says when it could not be started.
  public var complaint: String

  static func notStarted(_ code: Int32) -> ProgramFailure {
    ProgramFailure(reason: .notStarted, complaint: String(cString: strerror(code)))
  }
}

/// Raised once, and seen by whoever looks.
public final class Flag: Sendable {
  private let value = Atomic(false)

  public init() {}

  public var isRaised: Bool { value.load(ordering: .relaxed) }
  public func raise() { value.store(true, ordering: .relaxed) }
}

extension [String] {
  /// Calls `body` with these as a C array that ends with NULL.
  fileprivate func withCStrings<Result>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let texts = map { strdup($0) }
    defer { for text in texts { free(text) } }
    return body(texts + [nil])
  }
}
