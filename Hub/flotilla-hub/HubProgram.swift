import Glibc
import Logging
import Manifests

/// The hub's program: `flotilla-hub init|run`.
@main
struct HubProgram {
  static let version = "0.1.0"

  private static let usage = """
    usage: flotilla-hub init [options]   makes the hub's keys and its first operator, once
           flotilla-hub run [options]    runs the hub

    `flotilla-hub init --help` and `flotilla-hub run --help` list the options.
    """

  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.isEmpty ? nil : arguments.removeFirst() {
      case "init": try await InitCommand.run(arguments)
      case "run": try await RunCommand.run(arguments)
      case "--version": print(version)
      case "--help", "-h": print(usage)
      default:
        complain(usage)
        exit(2)
      }
    } catch let error as FleetError {
      complain("flotilla-hub: \(error)")
      exit(error.code == .usageError ? 2 : 1)
    } catch {
      complain("flotilla-hub: \(error)")
      exit(1)
    }
  }

  static func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// The process's environment.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return variables
  }
}
