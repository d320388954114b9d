public import Manifests

/// All settings of a program.
///
/// Each is taken from the first of these that gives it: the command line, the environment, the configuration file
/// (`--config` or the variable `…_CONFIG`), its default. What a source gives is checked even where another overrides
/// it. Errors are `FleetError`s with flag, variable, or file and line as their address; programs end with status 2.
public struct SettingsTable: Sendable {
  /// What the program is called, such as `flotilla-hub`.
  public let program: String
  public let settings: [any AnySetting]

  /// The configuration file, which every program has.
  static let file = Setting(
    optional: "config", .path, help: "A YAML file with settings, whose keys are the flags' names without the dashes.")

  /// - Precondition: names are in kebab case and different. None is what Kubernetes sets variables for when a Service
  ///   is called like the program (`port`, `service-…`).
  public init(program: String, _ settings: [any AnySetting]) {
    self.program = program
    self.settings = settings + [SettingsTable.file]
    var names: Set<String> = []
    for setting in self.settings {
      let name = setting.name
      precondition(name.utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == 0x2d || (0x30...0x39).contains($0) })
      precondition(name != "port" && !name.hasPrefix("port-") && !name.hasPrefix("service-") && name != "help")
      precondition(names.insert(name).inserted, "setting \(name) is declared twice")
    }
  }

  /// The environment variable of a setting: `FLOTILLA_HUB_POLL_INTERVAL`.
  public func variable(of setting: any AnySetting) -> String {
    SettingsTable.screaming(program) + "_" + SettingsTable.screaming(setting.name)
  }

  private static func screaming(_ name: String) -> String {
    String(decoding: name.utf8.map { $0 == 0x2d ? 0x5f : (0x61...0x7a).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
  }

  /// The settings as these sources give them.
  /// - Parameters:
  ///   - arguments: what follows the program's name and subcommand.
  ///   - environment: the process's variables; those that are no setting's are left alone.
  ///   - readFile: the bytes of a file.
  public func resolve(
    arguments: [String], environment: [String: String],
    readFile: (_ path: String) throws(FleetError) -> [UInt8] = ConfigurationFile.read
  ) throws(FleetError) -> SettingValues {
    let flags = try self.flags(in: arguments)
    var sources: [[String: Spelling]] = [flags, variables(in: environment)]
    for source in sources {
      guard let spelling = source[SettingsTable.file.name] else { continue }
      let path = try SettingsTable.file.read(spelling).text
      sources.append(try fields(of: try readFile(path), file: path))
      break
    }
    return try resolve(sources)
  }

  /// Whether the arguments ask for help instead.
  public static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.contains("--help") || arguments.contains("-h")
  }

  private func resolve(_ sources: [[String: Spelling]]) throws(FleetError) -> SettingValues {
    var values: [String: SettingValues.Entry] = [:]
    for setting in settings {
      for source in sources {
        guard let spelling = source[setting.name] else { continue }
        let value = try setting.read(spelling)
        if values[setting.name] == nil {
          values[setting.name] = SettingValues.Entry(value: value, source: spelling.place)
        }
      }
      if values[setting.name] == nil {
        guard let fallback = setting.fallback else { throw missing(setting) }
        values[setting.name] = SettingValues.Entry(value: fallback, source: "default")
      }
    }
    return SettingValues(entries: values, order: settings.map(\.name))
  }

  private func missing(_ setting: any AnySetting) -> FleetError {
    let flag = setting.isSecret ? "" : "--\(setting.name), "
    return FleetError(
      .missingField, "the setting \(setting.name) is missing",
      nextStep: "give \(flag)\(variable(of: setting)), or \(setting.name) in the configuration file: \(setting.help)")
  }
}

extension Spelling {
  fileprivate var place: String {
    switch self {
    case .texts(_, let place): place
    case .field(let field): "\(field.address)"
    }
  }
}
