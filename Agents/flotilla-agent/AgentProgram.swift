import CMalloc
import Glibc
import NIOCore
import Programs

/// The agent's program.
@main
struct AgentProgram {
  static func main() async {
    beSmall()
    let program = Program(
      "flotilla-agent",
      [
        .init("run", "enrols with a join token if need be, and runs the agent of this cluster", run: RunCommand.run),
        .settings(of: "flotilla-agent", [("run", AgentSettings.table)]),
      ])
    exit(await program.run(Array(CommandLine.arguments.dropFirst())))
  }

  /// One event loop is plenty for one stream to a hub and one API server; each more costs a thread and its buffers.
  ///
  /// All threads allocate from one arena, since what one of them frees another one can use then. Buffers of lists and
  /// bundles are mapped each by itself, and so given back: by itself glibc raises its threshold with the first of them.
  private static func beSmall() {
    NIOSingletons.groupLoopCountSuggestion = 1
    _ = mallopt(M_ARENA_MAX, 1)
    _ = mallopt(M_MMAP_THRESHOLD, 128 << 10)
    _ = mallopt(M_TRIM_THRESHOLD, 128 << 10)
  }
}
