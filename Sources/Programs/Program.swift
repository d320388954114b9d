import Manifests
public import Settings

/// What a program of ours is to its caller: subcommands, help, version, exit statuses.
///
/// Exit status: 0 when the command did what was asked, 1 when it failed, 2 when it was called wrongly.
public struct Program: Sendable {
  /// A subcommand: its name, one line of help, what it does with the arguments after its name.
  public struct Command: Sendable {
    let name: String
    let summary: String
    let run: @Sendable ([String]) async throws -> Void

    public init(_ name: String, _ summary: String, run: @escaping @Sendable ([String]) async throws -> Void) {
      self.name = name
      self.summary = summary
      self.run = run
    }
  }

  /// The version of everything that is built from this repository.
  public static let version = "0.1.0"

  let name: String
  let commands: [Command]

  public init(_ name: String, _ commands: [Command]) {
    self.name = name
    self.commands = commands
  }

  /// Runs the subcommand that the arguments name, and returns the exit status.
  public func run(_ arguments: [String]) async -> Int32 {
    guard let first = arguments.first else { return complainOfUsage("which command?") }
    switch first {
    case "--version":
      StandardStreams.print(Program.version)
      return 0
    case "--help", "-h":
      StandardStreams.print(usage)
      return 0
    default:
      guard let command = commands.first(where: { $0.name == first }) else {
        return complainOfUsage("there is no command \(first)")
      }
      return await run(command, Array(arguments.dropFirst()))
    }
  }

  private func run(_ command: Command, _ arguments: [String]) async -> Int32 {
    do {
      try await command.run(arguments)
      return 0
    } catch {
      StandardStreams.complain("\(name): \(error)")
      return (error as? FleetError)?.code == .usage ? 2 : 1
    }
  }

  private func complainOfUsage(_ complaint: String) -> Int32 {
    StandardStreams.complain("\(name): \(complaint)\n\n\(usage)")
    return 2
  }

  private var usage: String {
    let width = commands.map(\.name.count).max() ?? 0
    let lines = commands.map { command in
      "  \(name) \(command.name)\(String(repeating: " ", count: width - command.name.count)) [options]   "
        + command.summary
    }
    return "usage:\n\(lines.joined(separator: "\n"))\n\n`\(name) COMMAND --help` lists a command's options."
  }
}

extension Program.Command {
  /// `settings`: prints every setting of these commands as Markdown, as Docs/reference/settings.md has it.
  ///
  /// `settings COMMAND [options]` prints what that command would go by, read from flags, environment and file as the
  /// command reads them: a line each of name, value and who said so, separated by tabs. Secrets stay hidden.
  public static func settings(
    of program: String, _ tables: [(command: String, table: SettingsTable)]
  ) -> Program.Command {
    Program.Command("settings", "prints every setting as a table; `settings COMMAND` prints what is in force") {
      arguments in
      guard let command = arguments.first, !SettingsTable.asksForHelp(arguments) else {
        let pages = tables.map { "## `\(program) \($0.command)`\n\n\($0.table.reference())" }
        return StandardStreams.print(pages.joined(separator: "\n"))
      }
      guard let table = tables.first(where: { $0.command == command })?.table else {
        throw FleetError(
          .usage, "\(command) is no command with settings",
          nextStep: "name one of: \(tables.map(\.command).joined(separator: ", "))")
      }
      let values = try table.resolve(arguments: Array(arguments.dropFirst()), environment: Host.environment)
      StandardStreams.print(values.lines.map { "\($0.name)\t\($0.text)\t\($0.source)" }.joined(separator: "\n"))
    }
  }
}
