import Glibc
import Programs

/// The agent's program.
@main
struct AgentProgram {
  static func main() async {
    let program = Program(
      "flotilla-agent",
      [
        .init("run", "enrols with a join token if need be, and runs the agent of this cluster", run: RunCommand.run),
        .settings([("flotilla-agent run", AgentSettings.table)]),
      ])
    exit(await program.run(Array(CommandLine.arguments.dropFirst())))
  }
}
