import Glibc

/// A started process that leads a group of its own.
struct ChildProcess {
  enum Status: Equatable {
    case exited(Int32)
    case killed(Int32)
  }

  let pid: pid_t

  /// Whether it has ended; its number stays its own until `end`.
  var hasEnded: Bool {
    var information = siginfo_t()
    let result = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
    return result == 0 && information.si_signo == SIGCHLD
  }

  /// Kills it, if it still runs, and what is left of its group; leaves no zombie.
  func end() -> Status {
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal)
  }
}
