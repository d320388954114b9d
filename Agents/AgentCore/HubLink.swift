import FleetModel
import Logging
public import Manifests
import Synchronization
import Wire

/// Holds the session with the hub: tells it what was observed, and hears when to look for a new bundle.
///
/// Nothing the hub says here is believed: it only makes the agent look at signed metadata. The agent does everything
/// else without it.
struct HubLink: Sendable {
  /// What the link asks of the rest of the agent.
  struct Delegate: Sendable {
    var hello: @Sendable () async -> FlotillaV1.Hello
    /// Returns when what the target needs is done, or takes longer than this.
    var workDone: @Sendable (Duration) async -> Void
    /// The current report; nil while there is nothing to report yet.
    var makeReport: @Sendable () async throws -> ReportWriter.Envelope?
    /// The hub has taken the session.
    var welcomed: @Sendable () -> Void
    var acknowledged: @Sendable (Int64) async throws -> Void
    var hubHas: @Sendable (Int64) async throws -> Void
    /// The hub speaks of new metadata.
    var metadataMayHaveChanged: @Sendable () -> Void
  }

  /// Between a change and the report that tells of it: several changes of one pass make one report.
  static let reportDelay: Duration = .milliseconds(100)
  /// How long a report waits for the work under way: where a bundle is applied in less, one report tells that it was
  /// accepted and what came of it, which halves what a hub has to read in a rollout.
  static let workPatience: Duration = .milliseconds(250)
  /// How long an answer to a report is waited for before the next one goes out. A report is the whole state: those that
  /// a busy hub has not taken yet would only have it read what is no longer so.
  static let answerPatience: Duration = .seconds(20)
  /// A report goes out although nothing changed: the hub shows how old its knowledge is.
  static let reportInterval: Duration = .seconds(300)
  /// Used until the hub names another interval, and at least this often whatever it names.
  static let heartbeatInterval: Duration = .seconds(20)

  let delegate: Delegate
  /// Raised whenever there is something new to report.
  let reportWanted: Signal
  let logger: Logger

  /// Runs one session until it ends; throws what ended it.
  func session(on channel: HubChannel) async throws {
    let state = SessionState()
    let client = FlotillaV1.AgentClient(channel)
    try await client.session { writer in
      let hello = await delegate.hello()
      try await writer.write(.init(body: .hello(hello)))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await sendHeartbeats(writer, state) }
        group.addTask { try await sendReports(writer, state) }
        try await group.next()
        group.cancelAll()
      }
    } onResponses: { messages in
      for try await message in messages { try await handle(message, state) }
    }
  }

  private func sendHeartbeats(_ writer: MessageWriter<FlotillaV1.AgentMessage>, _ state: SessionState) async throws {
    while true {
      try await Task.sleep(for: state.heartbeatInterval)
      try await writer.write(.init(body: .heartbeat(.init(timeUnixMs: await delegate.hello().timeUnixMs))))
    }
  }

  private func sendReports(_ writer: MessageWriter<FlotillaV1.AgentMessage>, _ state: SessionState) async throws {
    await state.welcomed.wait(atMost: WireLimits.callTimeout)
    while true {
      try Task.checkCancellation()
      await delegate.workDone(HubLink.workPatience)
      if let report = try await delegate.makeReport() {
        try await writer.write(.init(body: .report(.init(seq: report.seq, envelope: report.bytes))))
        logger.debug("report sent", metadata: ["seq": "\(report.seq)"])
        await state.awaitAnswer(to: report.seq, atMost: HubLink.answerPatience)
      }
      try await Task.sleep(for: HubLink.reportDelay)
      await reportWanted.wait(atMost: HubLink.reportInterval)
    }
  }

  private func handle(_ message: FlotillaV1.HubMessage, _ state: SessionState) async throws {
    switch message.body {
    case .welcome(let welcome):
      state.setHeartbeatInterval(.milliseconds(welcome.heartbeatIntervalMs))
      logger.debug("welcomed by the hub")
      delegate.welcomed()
      try await delegate.hubHas(welcome.lastReportSeq)
      state.welcomed.raise()
      delegate.metadataMayHaveChanged()
    case .metadataChanged(let changed):
      logger.debug("told of new metadata", metadata: ["timestamp_version": "\(changed.timestampVersion)"])
      delegate.metadataMayHaveChanged()
    case .reportAcknowledged(let acknowledged):
      logger.debug("report acknowledged", metadata: ["seq": "\(acknowledged.seq)"])
      try await delegate.acknowledged(acknowledged.seq)
      state.answered(acknowledged.seq)
    case .reportRefused(let refused):
      logger.warning(
        "report refused", metadata: ["error": "\(refused.error.map { FleetError($0) }?.description ?? "")"])
      try await delegate.hubHas(refused.lastReportSeq)
      state.answered(refused.seq)
      reportWanted.raise()
    case .refresh(let refresh):
      if refresh.report { reportWanted.raise() }
      if refresh.metadata { delegate.metadataMayHaveChanged() }
    case .sessionClosing(let closing):
      throw FleetError(
        .sessionClosed, "the hub ended the session: \(closing.reason)",
        cause: closing.error.map { FleetError($0).description } ?? "")
    case nil: break  // a message of a newer hub
    }
  }
}

extension FleetError.Code {
  /// The hub ended the session on purpose.
  public static let sessionClosed = FleetError.Code("session-closed")
}

/// What the two directions of a session share.
final class SessionState: Sendable {
  let welcomed = Signal()
  private let interval = Mutex(HubLink.heartbeatInterval)
  /// The last report that the hub has said something of.
  private let lastAnswered = Mutex<Int64>(0)
  private let answer = Signal()

  var heartbeatInterval: Duration { interval.withLock { $0 } }

  func answered(_ seq: Int64) {
    lastAnswered.withLock { $0 = max($0, seq) }
    answer.raise()
  }

  func awaitAnswer(to seq: Int64, atMost patience: Duration) async {
    let end = ContinuousClock.now + patience
    while lastAnswered.withLock(\.self) < seq, ContinuousClock.now < end, !Task.isCancelled {
      await answer.wait(atMost: end - .now)
    }
  }

  func setHeartbeatInterval(_ wanted: Duration) {
    interval.withLock { $0 = min(max(wanted, .milliseconds(100)), HubLink.heartbeatInterval) }
  }
}
