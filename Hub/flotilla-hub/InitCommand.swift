import Authority
import FleetModel
import FleetStore
import Glibc
import Manifests
import Programs
import ReleasePipeline
import Settings
import Trust
import Wire

/// `flotilla-hub init`: the hub's keys, its root, its store and the first operator's credentials.
enum InitCommand {
  private static let stateDirectory = HubSettings.stateDirectory
  private static let fleet = Setting(required: "fleet", .string, help: "The fleet's name, as fleet.yaml has it.")
  private static let address = Setting(
    required: "address", .address, help: "Where agents and operators reach the hub; join tokens carry it.")
  private static let operatorName = Setting("operator", .string, default: "admin", help: "The first operator's name.")
  private static let operatorDirectory = Setting(
    "operator-directory", .path, default: "operator", help: "Where the first operator's files are written.")
  private static let rootDirectory = Setting(
    "root-directory", .path, default: "root-keys", help: "Where the root keys are written; keep them apart and offline."
  )
  private static let passphraseFiles = Setting(
    "root-passphrase-files", .list(of: .path), default: [],
    help: "Three files, each with the passphrase of one root key.")
  private static let dev = Setting(
    "dev", .boolean, default: false, help: "One unencrypted root key, for trying things out: who has it has the fleet.")

  static let table = SettingsTable(
    program: "flotilla-hub",
    [stateDirectory, fleet, address, operatorName, operatorDirectory, rootDirectory, passphraseFiles, dev])

  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(table.help()) }
    let values = try table.resolve(arguments: arguments, environment: Host.environment)
    let state = values[stateDirectory]
    let isDevelopment = values[dev]
    let passphrases = try values[passphraseFiles].map { path throws(FleetError) in try Passphrase.read(path) }
    guard isDevelopment || passphrases.count == RootCeremony.Quorum.standard.keys else {
      throw FleetError(
        .usage, "the three root keys need three passphrases",
        nextStep: "give --root-passphrase-files A,B,C, or --dev to try things out with one unencrypted key")
    }
    let now = Timestamp.now
    let created = try HubKeys.create(
      in: "\(state)/keys", fleet: values[fleet], quorum: isDevelopment ? .development : .standard,
      rootDirectory: isDevelopment ? "\(state)/development-root" : values[rootDirectory], passphrases: passphrases,
      at: now)
    let store = try SQLiteStore(directory: "\(state)/store")
    try await store.establishFleet(
      FleetIdentity(name: values[fleet], epoch: 1, createdAt: now), trail: .none)
    try await store.saveRoot(created.root, version: 1, trail: .none)
    try await store.setHubSetting(HubState.address, to: Array("\(values[address])".utf8), trail: .none)
    try await store.setHubSetting(HubState.developmentRoot, to: isDevelopment ? [1] : nil, trail: .none)
    try await makeOperator(
      values[operatorName], in: values[operatorDirectory], address: "\(values[address])", created.keys, store, at: now)
    try await store.close()
    print("The hub of fleet \(values[fleet]) has its keys in \(state)/keys.")
    print("The first operator's file is \(values[operatorDirectory])/operator.json.")
    if isDevelopment {
      StandardStreams.complain(
        "WARNING: this fleet has ONE UNENCRYPTED ROOT KEY (\(created.rootKeyFiles.joined())). Never use it for real.")
    } else {
      print("Root keys, to be kept apart and offline: \(created.rootKeyFiles.joined(separator: ", "))")
    }
  }

  private static func makeOperator(
    _ name: String, in directory: String, address: String, _ keys: HubKeys, _ store: SQLiteStore, at now: Timestamp
  ) async throws {
    guard PeerIdentity.isName(name) else { throw FleetError(.usage, "not an operator's name: \(name)") }
    let key = try PrivateKey.generate(.ecdsaP256)
    let certificate = try keys.authority.issue(
      .operator(name), for: key.publicKey, at: now, lifetime: CertificateAuthority.Lifetime.operator)
    try await store.addOperator(
      OperatorRecord(name: name, role: .admin, certificateSerial: certificate.serialText, createdAt: now),
      certificate: try CertificateRecord(certificate),
      trail: Trail(audit: [
        AuditRecord.Content(
          time: now, actor: "hub", action: AuditAction.operatorAdd, subject: name, digest: key.publicKey.spkiDigest,
          outcome: "done", reason: "admin of all environments, with flotilla-hub init")
      ]))
    try KeyFile.makeDirectory(directory)
    try KeyFile.write("\(directory)/operator.key", try key.pem())
    try KeyFile.write("\(directory)/operator.pem", certificate.pem)
    try KeyFile.write("\(directory)/ca.pem", keys.authority.certificate.pem)
    let file: Value = [
      "address": .string(address), "fleet": .string(keys.authority.fleet), "ca": "ca.pem",
      "certificate": "operator.pem", "key": "operator.key",
    ]
    try KeyFile.write("\(directory)/operator.json", JSON.pretty(file))
  }
}

/// What the hub keeps of itself in its store.
enum HubState {
  static let address = "address"
  static let developmentRoot = "development-root"
}
