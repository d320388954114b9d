internal import Digests
internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
public import Wire

// Who did what to what, when, and how it ended.

extension OperatorHandlers {
  public func listAudit(
    _ request: FlotillaV1.ListAuditRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListAuditResponse {
    _ = try await hub.access.require(call)
    let size = try Page<AuditRecord>.size(request.page)
    var query = AuditQuery(request.filter)
    query.before = try AuditPage.place(request.page?.token ?? [])
    // One more than the page holds says whether there is another page.
    query.limit = size + 1
    let records = try await hub.fleet.audit(query)
    let next = records.count > size ? AuditPage.token(after: records[size - 1].n) : []
    return .init(records: records.prefix(size).map { .init($0) }, page: .init(next: next))
  }

  public func exportAudit(
    _ request: FlotillaV1.ExportAuditRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ExportAuditResponse {
    _ = try await hub.access.require(call)
    guard request.after >= 0 else {
      throw FleetError(.invalidRequest, "records are counted from 1", at: .init(field: "after"))
    }
    let limit = try Page<AuditRecord>.size(.init(size: request.limit))
    var records: [[UInt8]] = []
    var bytes = 0
    for record in try await hub.fleet.audit(after: request.after, limit: limit) {
      let canonical = record.canonicalBytes
      bytes += canonical.count
      // What is left out comes with the next call.
      guard records.isEmpty || bytes <= AuditPage.bytes else { break }
      records.append(canonical)
    }
    return .init(records: records)
  }
}

/// How the audit log is cut into pages.
private enum AuditPage {
  /// Records of one answer: half of what a message may have, for a record may be as long as a quarter of a megabyte.
  static let bytes = WireLimits.messageBytes / 2

  /// The place that a page's token names; nil for the first page.
  static func place(_ token: [UInt8]) throws(FleetError) -> Int64? {
    guard !token.isEmpty else { return nil }
    guard let text = String(validating: token, as: UTF8.self), let place = Int64(text), place > 0 else {
      throw FleetError(
        .invalidRequest, "not a page of the audit log", at: .init(field: "page.token"),
        nextStep: "begin again with the first page")
    }
    return place
  }

  static func token(after number: Int64) -> [UInt8] { Array("\(number)".utf8) }
}

extension AuditQuery {
  fileprivate init(_ filter: FlotillaV1.AuditFilter?) {
    func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
    let since = filter?.sinceUnixMs ?? 0
    self.init(
      actor: given(filter?.actor), action: given(filter?.action), subject: given(filter?.subject),
      outcome: given(filter?.outcome), since: since == 0 ? nil : Timestamp(milliseconds: since))
  }
}

extension FlotillaV1.AuditRecord {
  fileprivate init(_ record: AuditRecord) {
    let content = record.content
    self.init(
      n: record.n, timeUnixMs: content.time.milliseconds, actor: content.actor, action: content.action,
      subject: content.subject, commit: content.commit, digest: content.digest?.bytes ?? [],
      outcome: content.outcome, reason: content.reason, hash: record.hash.bytes)
  }
}
