import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla audit list|export|verify`.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Shows who did what, and checks that the log of it is whole.",
    subcommands: [List.self, Export.self, Verify.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows records of the audit log, the newest last.")
    @OptionGroup var hub: HubOptions
    @Option(help: "Not before this: a span such as 24h, or an instant such as 2026-01-31T08:00:00Z.")
    var since: Moment?
    @Option(help: "Whose: an operator's name, or an identity such as cluster/UID.") var actor: String?
    @Option(help: "Which act: rollout.approve, or rollout for all of its kind.") var action: String?
    @Option(help: "To what.") var subject: String?
    @Option(help: "How it ended: done, refused or failed.") var outcome: String?
    @Option(help: "At most so many.") var limit = 50
    @Option(name: .shortAndLong, help: "table, wide or json (one record a line).") var output = OutputFormat.table

    func validate() throws {
      guard limit > 0 else { throw ValidationError("--limit: not a number of records: \(limit)") }
      if let outcome, !["done", "refused", "failed"].contains(outcome) {
        throw ValidationError("--outcome: neither done, refused nor failed: \(outcome)")
      }
    }

    func run() async throws {
      let filter = FlotillaV1.AuditFilter(
        actor: actor.map { $0.contains("/") ? $0 : "operator/\($0)" } ?? "", action: action ?? "",
        subject: subject ?? "", outcome: outcome ?? "", sinceUnixMs: since?.instant.milliseconds ?? 0)
      let limit = limit
      let records = try await hub.withOperator { client in
        var records: [FlotillaV1.AuditRecord] = []
        var token: [UInt8] = []
        repeat {
          let size = Int64(min(limit - records.count, WireLimits.pageSize))
          let answer = try await client.listAudit(.init(page: .init(size: size, token: token), filter: filter))
          records += answer.records
          token = answer.page?.next ?? []
        } while !token.isEmpty && records.count < limit
        return records
      }
      show(records.reversed())
    }

    private func show(_ records: [FlotillaV1.AuditRecord]) {
      switch output {
      case .json, .yaml: for record in records { StandardStreams.print(JSON.canonical(record.form) + [0x0a]) }
      case .name: for record in records { StandardStreams.print("\(record.n)") }
      case .table, .wide:
        var table = Table("N", "TIME", "ACTOR", "ACT", "OBJECT", "OUTCOME", "REASON")
        for record in records {
          let digest = output == .wide && !record.digest.isEmpty ? " \(hex(record.digest).prefix(12))" : ""
          table.add(
            "\(record.n)", Timestamp(milliseconds: record.timeUnixMs).description, record.actor, record.action,
            record.subject + digest, record.outcome, record.reason)
        }
        StandardStreams.print(table.text)
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the audit log to standard output, one record a line, the oldest first.",
      discussion:
        "Each line is the record's canonical JSON, over which `flotilla audit verify --file` can compute the hashes.")
    @OptionGroup var hub: HubOptions
    @Option(help: "Begins with the record after this number: what an earlier export does not have yet.")
    var after: Int64 = 0

    func run() async throws {
      let after = after
      try await hub.withOperator { client in
        try await client.forEachAuditRecord(after: after) { bytes in StandardStreams.print(bytes + [0x0a]) }
      }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Computes the hashes of the audit log anew, and says whether it is whole.",
      discussion: """
        Checks the hub's log as it comes over the API, or with --file one that was exported. What was changed, taken \
        out or put in is named by its number. That the end was not cut off only a head can show that was noted \
        elsewhere: give with --head what an earlier call of this command printed.
        """)
    @OptionGroup var hub: HubOptions
    @Option(help: "An exported log instead of the hub's.") var file: String?
    @Option(help: "A head that the log had once: NUMBER:HASH.") var head: String?

    func validate() throws { _ = try expected() }

    func run() async throws {
      let check = AuditCheck(expecting: try expected())
      let found: AuditCheck
      if let file {
        found = try AuditCommand.read(file, check)
      } else {
        found = try await hub.withOperator { client in try await AuditCommand.read(client, check) }
      }
      guard let head = try found.finish() else { return StandardStreams.print("the audit log is empty") }
      StandardStreams.print("\(counted(Int(head.n), "record")), each whole and in its place; the head is \(head)")
    }

    private func expected() throws -> AuditChain.Head? {
      guard let head else { return nil }
      guard let read = AuditChain.Head(head) else {
        throw ValidationError("--head: not NUMBER:HASH, as this command prints it: \(head)")
      }
      return read
    }
  }

  private static func read(_ file: String, _ check: AuditCheck) throws(FleetError) -> AuditCheck {
    var check = check
    try LocalFile.forEachLine(of: file, limit: FormatLimits.auditRecordBytes) { (number, line) throws(FleetError) in
      do throws(FleetError) {
        try check.take(try AuditRecord(canonicalBytes: line, file: file))
      } catch {
        throw error.within(.init(file: file, line: number))
      }
    }
    return check
  }

  private static func read(_ client: FlotillaV1.OperatorClient, _ check: AuditCheck) async throws -> AuditCheck {
    var check = check
    try await client.forEachAuditRecord(after: 0) { bytes throws(FleetError) in
      try check.take(try AuditRecord(canonicalBytes: bytes, file: "audit log"))
    }
    return check
  }
}

/// An instant as the command line has it: how long ago, or when.
struct Moment: ExpressibleByArgument {
  let instant: Timestamp

  init?(argument: String) {
    if let ago = Duration(text: argument) {
      instant = .now - ago
    } else if let instant = Timestamp(argument) {
      self.instant = instant
    } else {
      return nil
    }
  }
}

extension FlotillaV1.OperatorClient {
  /// Hands over the canonical form of every record of the audit log after a number, page by page.
  fileprivate func forEachAuditRecord(
    after number: Int64, _ body: ([UInt8]) throws(FleetError) -> Void
  ) async throws(FleetError) {
    var after = number
    while true {
      let page = try await exportAudit(.init(after: after, limit: Int64(WireLimits.pageSize))).records
      guard let last = page.last else { return }
      for record in page { try body(record) }
      after = try AuditRecord(canonicalBytes: last, file: "audit log").n
    }
  }
}
