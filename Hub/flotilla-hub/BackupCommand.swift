import Authority
import FleetModel
import FleetStore
import Manifests
import Programs
import Settings

/// `flotilla-hub backup`: everything that a hub cannot make anew, in one folder, while it runs.
enum BackupCommand {
  private static let to = Setting(required: "to", .path, help: "The folder to write; it must not be there.")
  private static let passphraseFile = Setting(
    optional: "passphrase-file", .path,
    help: "A file with the passphrase that the keys are encrypted with; without it they are copied as they are.")

  static let table = SettingsTable(program: "flotilla-hub", [HubSettings.stateDirectory, to, passphraseFile])

  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(table.help()) }
    let values = try table.resolve(arguments: arguments, environment: Host.environment)
    let (state, folder) = (values[HubSettings.stateDirectory], values[to])
    let passphrase = try values[passphraseFile].map { path throws(FleetError) in try Passphrase.read(path) }
    let now = Timestamp.now
    guard !KeyFile.exists(folder) else {
      throw FleetError(.usage, "there is something already", at: .init(file: folder), nextStep: "name a new folder")
    }
    try KeyFile.makeDirectory(folder)
    let contents = try StoreBackup.copy(
      from: "\(state)/store", to: "\(folder)/store",
      record: AuditRecord.Content(
        time: now, actor: "hub", action: "hub.backup", subject: folder, outcome: "done",
        reason: passphrase == nil ? "its keys are not encrypted" : "its keys are encrypted"))
    try HubKeys.copy(
      from: "\(state)/keys", to: "\(folder)/keys", fleet: contents.fleet, encryptedWith: passphrase)
    try KeyFile.write(
      "\(folder)/\(BackupForm.file)",
      BackupForm(time: now, contents: contents, hasEncryptedKeys: passphrase != nil).bytes)
    print("The hub of fleet \(contents.fleet) as of \(now) is in \(folder): \(counted(contents.blobs, "blob"))")
    if let head = contents.auditHead { print("and \(counted(Int(head.n), "audit record")), the head \(head).") }
    if passphrase == nil {
      StandardStreams.complain(
        "WARNING: the backup has the hub's keys UNENCRYPTED. Who reads it can sign for the whole fleet: keep it where "
          + "nobody does, or give --passphrase-file.")
    }
  }
}

/// `flotilla-hub restore`: a hub in the place of one that is lost.
enum RestoreCommand {
  private static let from = Setting(required: "from", .path, help: "The folder that `flotilla-hub backup` wrote.")
  private static let passphraseFile = Setting(
    optional: "passphrase-file", .path, help: "A file with the passphrase that the backup's keys are encrypted with.")

  static let table = SettingsTable(program: "flotilla-hub", [HubSettings.stateDirectory, from, passphraseFile])

  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(table.help()) }
    let values = try table.resolve(arguments: arguments, environment: Host.environment)
    let (state, folder) = (values[HubSettings.stateDirectory], values[from])
    let passphrase = try values[passphraseFile].map { path throws(FleetError) in try Passphrase.read(path) }
    let backup = try BackupForm(folder: folder, try ConfigurationFile.read("\(folder)/\(BackupForm.file)"))
    guard !backup.hasEncryptedKeys || passphrase != nil else {
      throw FleetError(
        .usage, "the backup's keys are encrypted", at: .init(file: folder),
        nextStep: "give --passphrase-file with the passphrase that the backup was made with")
    }
    for part in ["store", "keys"] where KeyFile.exists("\(state)/\(part)") {
      throw FleetError(
        .usage, "there is a hub already", at: .init(file: "\(state)/\(part)"),
        nextStep: "stop it and move its state directory away, or name an empty one")
    }
    // Before anything is written: with a wrong passphrase there is nothing to clear away.
    let keys = backup.hasEncryptedKeys ? passphrase : nil
    _ = try HubKeys.open("\(folder)/keys", fleet: backup.contents.fleet, passphrase: keys)
    try KeyFile.makeDirectory(state)
    try await StoreBackup.restore(
      from: "\(folder)/store", to: "\(state)/store", expecting: backup.contents,
      record: AuditRecord.Content(
        time: .now, actor: "hub", action: "hub.restore", subject: folder, outcome: "done",
        reason: "as of \(backup.time); every version is set ahead, and reports of agents that trust more set it further"
      ))
    try HubKeys.copy(
      from: "\(folder)/keys", to: "\(state)/keys", fleet: backup.contents.fleet, decryptedWith: keys)
    print("The hub of fleet \(backup.contents.fleet) is in \(state) as it was at \(backup.time).")
    print(
      "Clusters that enrolled since then need a new token, and what was revoked since then has to be revoked again.")
  }
}

/// A passphrase in a file: its first line.
enum Passphrase {
  static func read(_ path: String) throws(FleetError) -> String {
    let bytes = try ConfigurationFile.read(path)
    let text = String(decoding: bytes.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
    guard !text.isEmpty else { throw FleetError(.usage, "an empty passphrase", at: .init(file: path)) }
    return text
  }
}
