import Glibc
import Programs

/// The hub's program.
@main
struct HubProgram {
  static func main() async {
    let program = Program(
      "flotilla-hub",
      [
        .init("init", "makes the hub's keys and its first operator, once", run: InitCommand.run),
        .init("run", "runs the hub", run: RunCommand.run),
        .settings(of: "flotilla-hub", [("run", HubSettings.table), ("init", InitCommand.table)]),
      ])
    exit(await program.run(Array(CommandLine.arguments.dropFirst())))
  }
}
