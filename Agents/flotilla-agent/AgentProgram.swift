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
  private static func beSmall() { NIOSingletons.groupLoopCountSuggestion = 1 }
}
