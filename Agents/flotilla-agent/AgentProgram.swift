import Glibc
import Manifests

/// The agent's program: `flotilla-agent run`.
@main
struct AgentProgram {
  static let version = "0.1.0"

  private static let usage = """
    usage: flotilla-agent run [options]   enrols with a join token if need be, and runs the agent of this cluster

    `flotilla-agent run --help` lists the options.
    """

  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.isEmpty ? nil : arguments.removeFirst() {
      case "run": try await RunCommand.run(arguments)
      case "--version": print(version)
      case "--help", "-h": print(usage)
      default:
        complain(usage)
        exit(2)
      }
    } catch let error as FleetError {
      complain("flotilla-agent: \(error)")
      exit(error.code == .usageError ? 2 : 1)
    } catch {
      complain("flotilla-agent: \(error)")
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

extension FleetError.Code {
  static let usageError = FleetError.Code("usage")
}
