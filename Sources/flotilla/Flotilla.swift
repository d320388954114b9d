import ArgumentParser
import Glibc
import Manifests
import Programs

/// The operator's command line.
@main
struct Flotilla: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flotilla",
    abstract: "Drives a fleet of clusters from one Git repository.",
    discussion: """
      Exit status: 0 when all is well, 1 when something failed, 2 for wrong usage or an error.
      """,
    version: Program.version,
    subcommands: [
      InitCommand.self, ValidateCommand.self, BuildCommand.self, RenderCommand.self, DiffCommand.self,
      SchemaCommand.self, PlanCommand.self, SyncCommand.self, GetCommand.self,
      TreeCommand.self, RolloutCommand.self, ConfirmCommand.self, WaitCommand.self,
      RollbackCommand.self, HoldCommand.self, PromoteCommand.self, SuspendCommand.self, ResumeCommand.self,
      FreezeCommand.self, TraceCommand.self, ClusterCommand.self,
      OperatorCommand.self,
      EventsCommand.self,
      AuditCommand.self, DemoCommand.self, CompletionCommand.self,
    ])

  static func main() async {
    do {
      var command = try await asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as FleetError {
      StandardStreams.complain("error: \(error)")
      Glibc.exit(2)
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      // ArgumentParser's own: help and version go to standard output with 0, wrong usage gets 2.
      let text = fullMessage(for: error)
      if exitCode(for: error) == .success {
        StandardStreams.print(text)
        Glibc.exit(0)
      }
      StandardStreams.complain(text)
      Glibc.exit(2)
    }
  }
}
