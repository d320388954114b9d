import Digests
import FleetModel
import Logging
import Manifests

/// Makes reports: numbers, chains and signs them, and keeps the outbox on disk.
actor ReportWriter {
  /// What a report says besides what the reconciler knows.
  struct Identity: Sendable {
    var fleet: String
    var cluster: ClusterUID
    var boot: String
    var agentVersion: String
    var targetKind: String
  }

  /// A report as it is sent.
  struct Envelope: Sendable {
    var seq: Int64
    var bytes: [UInt8]
  }

  /// What a report says of trust, at the moment it is made.
  struct Standing: Sendable {
    var trusted: Report.Trusted
    var bundleSeq: Int64
    var timeFloor: Timestamp
  }

  /// Objects listed in one app's part of a report; the counts tell of the others.
  static let objectsListed = 50
  private static let fileName = "outbox.json"

  private let state: StateDirectory
  private let identity: Identity
  private let sign: @Sendable ([UInt8]) throws(FleetError) -> [UInt8]
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private var outbox: Outbox

  init(
    state: StateDirectory, identity: Identity, now: @escaping @Sendable () -> Timestamp, logger: Logger,
    sign: @escaping @Sendable ([UInt8]) throws(FleetError) -> [UInt8]
  ) throws(FleetError) {
    self.state = state
    self.identity = identity
    self.now = now
    self.logger = logger
    self.sign = sign
    let stored = try state.read(ReportWriter.fileName)
    outbox = if let stored { try Outbox(json: stored, file: ReportWriter.fileName) } else { Outbox() }
  }

  var lastSeq: Int64 { outbox.seq }

  /// Notes something worth telling; it is on disk with the next report, or at once when that fails.
  func add(kind: String, reason: String) {
    outbox.add(Report.Event(time: now(), kind: kind, reason: reason))
    logger.info("event", metadata: ["kind": "\(kind)", "reason": "\(reason)"])
    do {
      try store(outbox)
    } catch {
      logger.warning("the outbox cannot be written", metadata: ["error": "\(error)"])
    }
  }

  func acknowledged(_ seq: Int64) throws(FleetError) {
    outbox.acknowledged(seq)
    try store(outbox)
  }

  func hubHas(_ seq: Int64) throws(FleetError) {
    outbox.hubHas(seq)
    try store(outbox)
  }

  /// Makes the next report. Its number is on disk before the report leaves, so no number is ever used twice; when that
  /// fails nothing has been made, and the next report follows on the last one that was.
  func make(_ apps: [Report.App], server: String, _ standing: Standing) throws(FleetError) -> Envelope {
    var next = outbox
    let seq = next.beginReport()
    let report = Report(
      fleet: identity.fleet, cluster: identity.cluster, seq: seq, prev: outbox.previous, boot: identity.boot,
      time: now(), timeFloor: standing.timeFloor,
      agent: Report.Agent(version: identity.agentVersion, target: identity.targetKind, server: server),
      trusted: standing.trusted, bundleSeq: standing.bundleSeq, apps: apps, events: next.waiting,
      droppedEvents: next.dropped)
    let payload = report.canonicalBytes
    next.finishReport(payload: Digest(of: payload))
    let envelope = Envelope(seq: seq, bytes: try sign(payload))
    try store(next)
    outbox = next
    return envelope
  }

  private func store(_ outbox: Outbox) throws(FleetError) { try state.write(ReportWriter.fileName, outbox.json) }
}
