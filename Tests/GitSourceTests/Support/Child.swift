import Foundation

/// A program of the system that runs beside the test and has no descriptor but the three it is given.
///
/// Foundation's `Process` hands descriptors of one child to the next one that happens to start at the same time, and
/// takes a child for running as long as anybody holds them; with servers among the children such waits have no end.
struct Child: Sendable {
  let pid: pid_t

  /// Linux's usual limit on a process's descriptors; closing one that is not open is no error.
  private static let descriptors: Int32 = 1_024

  init(
    _ path: String, _ arguments: [String], environment: [String: String],
    descriptors: (input: Int32, output: Int32, error: Int32)
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (own, standard) in zip([descriptors.input, descriptors.output, descriptors.error], Int32(0)...) {
      posix_spawn_file_actions_adddup2(&actions, own, standard)
    }
    for inherited in 3..<Self.descriptors { posix_spawn_file_actions_addclose(&actions, inherited) }
    // The threads that run tasks have all signals blocked, and a child inherits that: it could not be ended.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var blocked = sigset_t()
    sigemptyset(&blocked)
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let code = Self.withCStrings([path] + arguments) { arguments in
      Self.withCStrings(environment.map { "\($0)=\($1)" }) { environment in
        posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw Program.Failure(description: "\(path) does not start: errno \(code)") }
    self.pid = pid
  }

  /// The exit status, or 128 and the signal's number, as a shell says it.
  func status() async -> Int32 {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: wait()) }
    }
  }

  /// Asks the program to end and waits until it has.
  func terminate() {
    kill(pid, SIGTERM)
    _ = wait()
  }

  private func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return body(pointers)
  }
}
