import FleetModel
import Manifests
import Settings
import Testing

enum Level: String, CaseIterable { case debug, info, error }

/// A program's settings, one of each kind.
enum Sample {
  static let listen = Setting(
    "listen", .address, default: HostAndPort(host: "127.0.0.1", port: 8443), help: "Where agents connect.")
  static let state = Setting(required: "state-directory", .path, help: "Where the hub keeps its state.")
  static let interval = Setting(
    "poll-interval", .duration(in: .seconds(1) ... .seconds(3600)), default: .seconds(30),
    help: "How often Git is asked for commits.")
  static let workers = Setting("workers", .integer(in: 1...64), default: 4, help: "Renders at once.")
  static let verbose = Setting("verbose", .boolean, default: false, help: "Log more.")
  static let level = Setting("log-level", SettingKind<Level>.choice(), default: .info, help: "What is logged.")
  static let names = Setting("tls-names", .list(of: .string), default: [], help: "Names in the certificate.")
  static let token = Setting(optional: "git-token", .string, help: "What Git is asked with.", isSecret: true)
  static let branch = Setting(optional: "branch", .string, help: "The branch to follow.")

  static let table = SettingsTable(
    program: "flotilla-hub", [listen, state, interval, workers, verbose, level, names, token, branch])

  /// The settings from these sources; `state-directory` is always given.
  static func resolve(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
  ) throws(FleetError) -> SettingValues {
    let config = file == nil ? [] : ["--config", "hub.yaml"]
    return try table.resolve(
      arguments: arguments + config + (arguments.contains { $0.hasPrefix("--state") } ? [] : ["--state-directory=/s"]),
      environment: environment
    ) { path throws(FleetError) in
      #expect(path == "hub.yaml")
      return Array((file ?? "").utf8)
    }
  }

  /// The error that these sources lead to.
  static func error(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
  ) throws -> FleetError {
    do throws(FleetError) {
      _ = try resolve(arguments, environment: environment, file: file)
    } catch {
      return error
    }
    throw Unexpected()
  }

  struct Unexpected: Error, CustomStringConvertible {
    var description: String { "no error was thrown" }
  }
}
