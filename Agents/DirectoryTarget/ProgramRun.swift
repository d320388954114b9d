import CSpawn
import Glibc
import Manifests

/// One run of a program: from its start until nothing is left of it but its answer.
///
/// Blocks its thread for at most the deadline, and as long as the system takes to end a killed process.
struct ProgramRun: Sendable {
  let program: String
  let arguments: [String]
  let input: [UInt8]
  let deadline: Duration

  /// How soon an end is seen that no closed pipe tells of, in milliseconds: far below what anybody waits for here.
  private static let tick: Int32 = 5
  /// All that the program is told of the agent's environment.
  private static let environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
  ]

  /// What the program wrote to its standard output; throws when it did not end well in time.
  func answer(_ abandoned: Flag) throws(FleetError) -> [UInt8] {
    let descriptors = Descriptors(program)
    defer { descriptors.closeAll() }
    let question = try descriptors.file(holding: input)
    let (output, outputEnd) = try descriptors.pipe()
    let (complaints, complaintsEnd) = try descriptors.pipe()
    let child = try start(question, outputEnd, complaintsEnd)
    for taken in [question, outputEnd, complaintsEnd] { descriptors.close(taken) }
    var outputs = ProgramOutputs(answer: output, complaints: complaints)
    let verdict = follow(child, &outputs, abandoned)
    let status = child.end()
    if verdict == .ended { outputs.takeRest() }
    return try judge(verdict, status, outputs)
  }

  private enum Verdict { case ended, late, abandoned, tooMuch }

  private func follow(_ child: ChildProcess, _ outputs: inout ProgramOutputs, _ abandoned: Flag) -> Verdict {
    let end = ContinuousClock.now + deadline
    while true {
      outputs.take(within: ProgramRun.tick)
      if outputs.isTooMuch { return .tooMuch }
      if child.hasEnded { return .ended }
      if abandoned.isRaised { return .abandoned }
      if ContinuousClock.now >= end { return .late }
    }
  }

  private func judge(
    _ verdict: Verdict, _ status: ChildProcess.Status, _ outputs: ProgramOutputs
  ) throws(FleetError) -> [UInt8] {
    let complaint: String
    switch (verdict, status) {
    case _ where verdict == .tooMuch || outputs.isTooMuch:
      complaint = "the probe's answer is larger than \(ProbeLimits.answerBytes) bytes"
    case (.ended, .exited(0)): return outputs.answer
    case (.ended, .exited(let code)): complaint = "the probe ended with status \(code)"
    case (.ended, .killed(let signal)): complaint = "the probe was ended by signal \(signal)"
    case (.abandoned, _): complaint = "the probe was abandoned"
    case (.late, _), (.tooMuch, _): complaint = "the probe gave no whole answer in time"
    }
    throw FleetError(.probe, complaint, at: .init(file: program), cause: outputs.lastComplaint)
  }

  /// Starts the program in a group of its own, with these as its standard streams and no other descriptor.
  private func start(_ input: Int32, _ output: Int32, _ complaints: Int32) throws(FleetError) -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (standard, own) in zip(Int32(0)..., [input, output, complaints]) {
      posix_spawn_file_actions_adddup2(&actions, own, standard)
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    posix_spawn_file_actions_addchdir_np(&actions, "/")
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
      ProgramRun.environment.withCStrings { environment in
        posix_spawn(&pid, program, &actions, &attributes, words, environment)
      }
    }
    guard code == 0 else {
      throw FleetError(
        .probe, "the probe cannot be started", at: .init(file: program), cause: String(cString: strerror(code)))
    }
    return ChildProcess(pid: pid)
  }
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
