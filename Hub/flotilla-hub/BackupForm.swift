import Digests
import FleetModel
import FleetStore
import Manifests
import Programs

/// `backup.json`: what a backup is of and how to check it. It is written last: a folder without it is no backup.
struct BackupForm {
  static let format = "flotilla.hub-backup/1"
  static let file = "backup.json"

  var time: Timestamp
  var contents: StoreBackup.Contents
  var hasEncryptedKeys: Bool

  init(time: Timestamp, contents: StoreBackup.Contents, hasEncryptedKeys: Bool) {
    self.time = time
    self.contents = contents
    self.hasEncryptedKeys = hasEncryptedKeys
  }

  var bytes: [UInt8] {
    let form: Value = [
      "format": .string(BackupForm.format), "version": .string(Program.version), "time": .string("\(time)"),
      "fleet": .string(contents.fleet), "database": .string(contents.database.hex),
      "blobs": .integer(Int64(contents.blobs)),
      "audit_head": contents.auditHead.map { .string("\($0)") } ?? .null,
      "keys": .string(hasEncryptedKeys ? "encrypted" : "plain"),
    ]
    return JSON.pretty(form)
  }

  /// Reads the form of a backup's folder.
  init(folder: String, _ bytes: [UInt8]) throws(FleetError) {
    let file = "\(folder)/\(BackupForm.file)"
    self = try Field(try JSON.parse(bytes, file: file), file: file).object { fields throws(FleetError) in
      let format = try fields.required("format")
      guard try format.string() == BackupForm.format else {
        throw format.error("this flotilla-hub does not read backups of this format")
      }
      let time = try fields.required("time").text("an instant") { Timestamp($0) }
      let fleet = try fields.required("fleet").nonEmptyString()
      let database = try fields.required("database").digest()
      let blobs = try fields.required("blobs").integer(in: 0 ... .max)
      let head = try fields.nullable("audit_head").map { field throws(FleetError) in
        try field.text("NUMBER:HASH") { AuditChain.Head($0) }
      }
      let keys = try fields.required("keys").string()
      // A later program may say more.
      fields.ignoreRest()
      return BackupForm(
        time: time,
        contents: StoreBackup.Contents(
          fleet: fleet, database: database, blobs: Int(clamping: blobs), auditHead: head),
        hasEncryptedKeys: keys == "encrypted")
    }
  }
}
