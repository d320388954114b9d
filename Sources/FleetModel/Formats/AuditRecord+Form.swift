import Digests
public import Manifests

extension AuditRecord {
  /// The record as it is exported: canonical JSON of all its fields.
  public var canonicalBytes: [UInt8] {
    var form = AuditRecord.form(n, content, prevHash)
    form["hash"] = .string(hash.hex)
    return JSON.canonical(.object(form))
  }

  /// Reads a record; one whose hash is not that of its content is refused as `auditChainBroken`.
  ///
  /// Unknown fields are refused: they would be under the hash and yet not looked at.
  /// - Parameter file: what errors call the bytes.
  public init(canonicalBytes bytes: [UInt8], file: String) throws(FleetError) {
    let field = try Field.canonical(bytes, file: file, limit: FormatLimits.auditRecordBytes)
    let (record, hash) = try field.object { fields throws(FleetError) in
      let n = try fields.required("n").integer(in: 1 ... .max)
      let prevHash = try fields.nullable("prev_hash").read { field throws(FleetError) in try field.digest() }
      let record = AuditRecord(n: n, try Content(&fields), prevHash: prevHash)
      return (record, try fields.required("hash").digest())
    }
    guard record.hash == hash else {
      throw field.error("the hash of record \(record.n) is not that of its content", code: .auditChainBroken)
    }
    self = record
  }

  static func hash(_ n: Int64, _ content: Content, _ prevHash: Digest?) -> Digest {
    Digest(of: JSON.canonical(.object(form(n, content, prevHash))))
  }

  /// What the hash is over.
  private static func form(_ n: Int64, _ content: Content, _ prevHash: Digest?) -> Object {
    [
      "n": .integer(n), "time": .string("\(content.time)"), "actor": .string(content.actor),
      "action": .string(content.action), "subject": .string(content.subject), "commit": .string(content.commit),
      "digest": content.digest.map { .string($0.hex) } ?? .null, "outcome": .string(content.outcome),
      "reason": .string(content.reason), "prev_hash": prevHash.map { .string($0.hex) } ?? .null,
    ]
  }
}

extension AuditRecord.Content {
  fileprivate init(_ fields: inout Fields) throws(FleetError) {
    self.init(
      time: try fields.required("time").timestamp(), actor: try fields.required("actor").string(),
      action: try fields.required("action").string(), subject: try fields.required("subject").string(),
      commit: try fields.required("commit").string(),
      digest: try fields.nullable("digest").read { field throws(FleetError) in try field.digest() },
      outcome: try fields.required("outcome").string(), reason: try fields.required("reason").string())
  }
}
