import Foundation
import LocalFleet
import Testing

@Suite("Every setting of every program can be changed")
struct EverySettingTests {
  /// A command that has settings, and for each of them a value that is not its default.
  struct Command: Sendable, CustomTestStringConvertible {
    let program: String
    let name: String
    let samples: [String: String]
    var testDescription: String { "\(program) \(name)" }
    var path: String { "\(Stage.programs)/\(program)" }

    /// What the command says is in force, with these arguments and variables.
    func inForce(_ arguments: [String], _ variables: [String: String] = [:]) throws -> [String: (String, String)] {
      // Only these variables: what the tests' own environment holds must not decide.
      let environment = variables.map { "\($0.key)=\($0.value)" }
      let text = try LocalProcess.run("env", ["-i"] + environment + [path, "settings", name] + arguments)
      let rows = text.split(separator: "\n").map { line in
        line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
      return try Dictionary(
        uniqueKeysWithValues: rows.map { row in
          try #require(row.count == 3, "a line of \(self) is not of three parts: \(row)")
          return (row[0], (row[1], row[2]))
        })
    }

    func variable(_ setting: String) -> String {
      "\(program)_\(setting)".uppercased().replacing("-", with: "_")
    }

    /// What must be given for the command to say anything, less one setting.
    func required(but setting: String) -> [String] {
      Command.required.filter { $0.key != setting && samples[$0.key] != nil }.flatMap { ["--\($0.key)", $0.value] }
    }

    private static let required = [
      "git-url": "/srv/other", "fleet": "other", "address": "other.example.com:1",
      "to": "/srv/other", "from": "/srv/other",
    ]
  }

  static let log = ["log-level": "debug", "log-format": "json"]
  static let commands = [
    Command(
      program: "flotilla-hub", name: "run",
      samples: log.merging([
        "state-directory": "/srv/hub", "listen": "127.0.0.1:1", "admin-listen": "[::1]:2", "git-url": "/srv/fleet",
        "git-reference": "tag:v1", "git-interval": "3s", "git-token-file": "/srv/token", "git-ca-file": "/srv/ca",
        "git-ssh-key-file": "/srv/key", "git-ssh-host-keys": "SHA256:a,SHA256:b", "enrollment": "approval",
        "helm": "/srv/helm", "helm-timeout": "13s",
        "retention-age": "9h", "retention-releases": "7", "retention-history": "13h", "retention-interval": "11s",
      ]) { $1 }),
    Command(
      program: "flotilla-hub", name: "init",
      samples: [
        "state-directory": "/srv/hub", "fleet": "acme", "address": "hub.example.com:7443", "operator": "ada",
        "operator-directory": "/srv/operator", "root-directory": "/srv/root",
        "root-passphrase-files": "/srv/a,/srv/b,/srv/c", "dev": "true",
      ]),
    Command(
      program: "flotilla-hub", name: "backup",
      samples: ["state-directory": "/srv/hub", "to": "/srv/backup", "passphrase-file": "/srv/passphrase"]),
    Command(
      program: "flotilla-hub", name: "restore",
      samples: ["state-directory": "/srv/hub", "from": "/srv/backup", "passphrase-file": "/srv/passphrase"]),
    Command(
      program: "flotilla-agent", name: "run",
      samples: log.merging([
        "state-directory": "/srv/agent", "token-file": "/srv/token", "admin-listen": "[::]:3", "target": "kubernetes",
        "directory": "/srv/objects", "directory-kind": "k3s", "probe-http": "http://127.0.0.1:1/",
        "probe-command": #"["/srv/probe","--json"]"#, "kubeconfig": "/srv/kubeconfig", "kube-context": "edge",
        "inventory-namespace": "fleet", "namespaces": "shop,pay", "impersonate": "apps/{app}",
        "full-check-interval": "7s",
      ]) { $1 }),
  ]

  @Test("by flag, by variable and by file, which is said", arguments: commands)
  func threeWays(_ command: Command) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (setting, value) in command.samples {
      let others = command.required(but: setting)
      let file = "\(folder)/\(setting).yaml"
      try Self.line(setting, value).write(toFile: file, atomically: true, encoding: .utf8)
      let flag = value == "true" ? ["--\(setting)"] : ["--\(setting)", value]

      let byFlag = try #require(try command.inForce(flag + others)[setting])
      #expect(byFlag.0 == value, "\(setting) by flag")
      #expect(byFlag.1.contains("--\(setting)"))

      let variable = command.variable(setting)
      let byVariable = try #require(try command.inForce(others, [variable: value])[setting])
      #expect(byVariable.0 == value, "\(setting) by variable")
      #expect(byVariable.1.contains(variable))

      let byFile = try #require(try command.inForce(others + ["--config", file])[setting])
      #expect(byFile.0 == value, "\(setting) by file")
      #expect(byFile.1.contains(file))
    }
  }

  @Test("and none is without a sample here that differs from its default", arguments: commands)
  func complete(_ command: Command) throws {
    let defaults = try command.inForce(command.required(but: ""))
    #expect(Set(defaults.keys).subtracting(["config"]) == Set(command.samples.keys))
    for (setting, value) in command.samples { #expect(defaults[setting]?.0 != value, "\(setting)") }
  }

  @Test("a command that has none is refused, with the names of those that have")
  func unknownCommand() throws {
    let failure = #expect(throws: (any Error).self) {
      try LocalProcess.run("\(Stage.programs)/flotilla-hub", ["settings", "walk"])
    }
    #expect("\(try #require(failure))".contains("run, init"))
  }

  /// A setting in the configuration file: lists are lists there, numbers are numbers, the rest are texts.
  private static func line(_ setting: String, _ value: String) -> String {
    if value.hasPrefix("[\"") || Int(value) != nil { return "\(setting): \(value)\n" }
    guard value.contains(",") else { return value == "true" ? "\(setting): true\n" : "\(setting): '\(value)'\n" }
    let items = value.split(separator: ",").map { "- '\($0)'" }
    return "\(setting):\n" + items.joined(separator: "\n") + "\n"
  }
}
