internal import Glibc
public import Manifests

extension SettingsTable {
  /// What the command line gives: `--name VALUE`, `--name=VALUE`, and `--name` or `--no-name` for what is on or off.
  func flags(in arguments: [String]) throws(FleetError) -> [String: Spelling] {
    var found: [String: [String]] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--"), argument != "--" else {
        throw FleetError(.usage, "`\(argument)` is no flag", nextStep: "see \(program) --help")
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let (setting, isNegated) = try setting(ofFlag: parts.first.map(String.init) ?? "")
      let flag = "--\(setting.name)"
      guard !setting.isSecret else { throw secretInSight(setting) }
      guard found[setting.name] == nil || setting.isList else {
        throw FleetError(.usage, "the flag is given twice", at: FleetError.Address(field: flag))
      }
      found[setting.name, default: []].append(
        try value(of: setting, parts.dropFirst().first.map(String.init), isNegated: isNegated, &rest))
    }
    return found.mapValues { $0 }.reduce(into: [:]) { $0[$1.key] = .texts($1.value, place: "--\($1.key)") }
  }

  private func value(
    of setting: any AnySetting, _ attached: String?, isNegated: Bool, _ rest: inout ArraySlice<String>
  ) throws(FleetError) -> String {
    let address = FleetError.Address(field: "--\(setting.name)")
    if isNegated {
      guard attached == nil else { throw FleetError(.usage, "--no-\(setting.name) takes no value", at: address) }
      return "false"
    }
    if let attached { return attached }
    guard let placeholder = setting.placeholder else { return "true" }
    guard let next = rest.popFirst() else {
      throw FleetError(.usage, "the flag's value is missing", at: address, nextStep: "give \(placeholder)")
    }
    return next
  }

  /// The setting of a flag, and whether the flag turns it off.
  private func setting(ofFlag name: String) throws(FleetError) -> (any AnySetting, isNegated: Bool) {
    for setting in settings {
      if setting.name == name { return (setting, false) }
      if setting.placeholder == nil, "no-\(setting.name)" == name { return (setting, true) }
    }
    let names = settings.filter { !$0.isSecret }.map(\.name)
    let candidate = Suggestion.closest(to: name, among: names)
    throw FleetError(
      .usage, "there is no such flag", at: FleetError.Address(field: "--\(name)"),
      nextStep: candidate.map { "did you mean --\($0)?" } ?? "see \(program) --help")
  }

  private func secretInSight(_ setting: any AnySetting) -> FleetError {
    FleetError(
      .usage, "a secret is not taken from the command line, which every user of this machine can read",
      at: FleetError.Address(field: "--\(setting.name)"),
      nextStep: "set \(variable(of: setting)), or \(setting.name) in the configuration file")
  }

  /// What the environment gives. An empty variable gives nothing.
  func variables(in environment: [String: String]) -> [String: Spelling] {
    var found: [String: Spelling] = [:]
    for setting in settings {
      let variable = variable(of: setting)
      guard let text = environment[variable], !text.isEmpty else { continue }
      found[setting.name] = .texts([text], place: variable)
    }
    return found
  }

  /// What a configuration file gives; a key that is no setting is an error.
  func fields(of bytes: [UInt8], file: String) throws(FleetError) -> [String: Spelling] {
    let documents = try YAML.parseNodes(bytes, file: file)
    guard let document = documents.first else { return [:] }
    guard documents.count == 1 else {
      throw FleetError(
        .invalidField, "a second document", at: FleetError.Address(file: file, line: documents.last?.line))
    }
    return try Field(document.root, file: file).object { fields throws(FleetError) in
      var found: [String: Spelling] = [:]
      for setting in settings where setting.name != SettingsTable.file.name {
        if let field = try fields.optional(setting.name) { found[setting.name] = .field(field) }
      }
      return found
    }
  }
}

extension FleetError.Code {
  /// A command line that the program does not understand.
  public static let usage = FleetError.Code("usage")
  /// A configuration file that cannot be read.
  public static let configurationUnreadable = FleetError.Code("configuration-unreadable")
}

/// Reads configuration files.
public enum ConfigurationFile {
  /// A configuration file is written by hand: more than this is another file.
  static let limit = 1 << 20

  /// The bytes of a file.
  @Sendable public static func read(_ path: String) throws(FleetError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= limit else {
        throw FleetError(
          .configurationUnreadable, "over \(limit) bytes: this is no configuration file",
          at: FleetError.Address(file: path))
      }
    }
  }

  private static func unreadable(_ path: String, _ number: Int32) -> FleetError {
    FleetError(
      .configurationUnreadable, "the configuration file cannot be read", at: FleetError.Address(file: path),
      cause: strerror(number).map { String(cString: $0) } ?? "error \(number)")
  }
}
