public import FleetModel
public import Logging
public import Manifests
public import NIOCore
import Trust
import Wire

/// The agent of one cluster: starts, verifies and reconciles without the hub, and works with it whenever it is there.
public struct Agent: Sendable {
  public struct Settings: Sendable {
    public var version: SemanticVersion
    /// Names this start of the agent.
    public var boot: String
    public var reconcile = Reconciler.Settings()
    /// Between two tries to reach the hub. The longest is short enough for a cluster to follow within half a minute once
    /// its link is back, and long enough for thousands of agents without a hub to be no load on the network.
    public var reconnect = RetrySchedule(first: .seconds(1), longest: .seconds(20))
    /// The agent looks for something new at least this often, whatever it hears.
    public var pullInterval: Duration = .seconds(300)

    public init(version: SemanticVersion, boot: String) {
      self.version = version
      self.boot = boot
    }
  }

  private let identity: AgentIdentity
  private let target: any ApplyTarget
  private let settings: Settings
  private let clock: @Sendable () -> Timestamp
  private let random: @Sendable () -> Double
  private let logger: Logger
  private let renewal: CertificateRenewal
  private let eventLoopGroup: any EventLoopGroup
  private let puller: BundlePuller
  private let reports: ReportWriter
  private let reconciler: Reconciler
  private let tls: ClientTLS
  private let pullWanted = Signal()
  private let reportWanted = Signal()
  private let linkRecord = LinkRecord()
  private let notices: AsyncStream<Reconciler.Notice>

  /// Reads what is on disk; makes no connection.
  public init(
    identity: AgentIdentity, target: any ApplyTarget, state: StateDirectory, settings: Settings,
    eventLoopGroup: any EventLoopGroup, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> Double
  ) throws(FleetError) {
    self.identity = identity
    self.target = target
    self.settings = settings
    self.clock = clock
    self.random = random
    self.logger = logger
    self.eventLoopGroup = eventLoopGroup
    renewal = CertificateRenewal(
      state: state, logger: logger, clock: clock, random: random, eventLoopGroup: eventLoopGroup)
    puller = try BundlePuller(
      identity: identity, state: state, version: settings.version, logger: logger, clock: clock)
    let key = identity.reportKey
    reports = try ReportWriter(
      state: state,
      identity: ReportWriter.Identity(
        fleet: identity.fleet, cluster: identity.cluster, boot: settings.boot, agentVersion: "\(settings.version)",
        targetKind: target.kind),
      now: clock, logger: logger, sign: { (payload) throws(FleetError) in try ReportEnvelope.sign(payload, with: key) })
    let (notices, notify) = AsyncStream.makeStream(of: Reconciler.Notice.self)
    self.notices = notices
    reconciler = Reconciler(
      target: target, settings: settings.reconcile, logger: logger, now: clock, random: random
    ) { notify.yield($0) }
    tls = ClientTLS(identity: try identity.tlsIdentity(), trust: identity.trust)
  }

  /// Runs until the task is cancelled.
  public func run() async throws {
    if let desired = await puller.restore() {
      logger.info("reconciling the accepted bundle", metadata: ["bundle_seq": "\(desired.bundleSeq)"])
      reconciler.desire(desired)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await reconciler.run() }
      group.addTask { await keepConnected() }
      group.addTask { await takeNotices() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// What of its work is stuck, one line each: an agent for which that stays so has to be started again.
  public func stuck() -> [String] { reconciler.stuck() }

  public func status() async -> AgentStatus {
    let (progress, standing, link) = (await reconciler.progress, await puller.standing, linkRecord.current)
    return AgentStatus(
      apps: progress.apps, bundleSeq: standing.bundleSeq, corrections: progress.corrections,
      isConnected: link.isOpen, lastWelcome: link.lastWelcome, lastPull: link.lastPull, obstacles: progress.obstacles)
  }

  private func takeNotices() async {
    for await notice in notices {
      if case .event(let kind, let reason) = notice { await reports.add(kind: kind, reason: reason) }
      reportWanted.raise()
    }
  }

  // MARK: The link

  private func keepConnected() async {
    var identity = identity
    var schedule = settings.reconnect
    while !Task.isCancelled {
      let before = linkRecord.current.welcomes
      do {
        if try renewal.hasExpired(identity) { identity = try use(try await renewal.renewByChallenge(identity)) }
        identity = try await connect(identity)
        schedule.succeeded()
        continue
      } catch is CancellationError {
        return
      } catch {
        logger.warning("no link to the hub", metadata: ["error": "\(error)"])
      }
      // A hub that welcomed the agent was well: when it goes away after that, it is a new failure.
      if linkRecord.current.welcomes != before { schedule.succeeded() }
      try? await Task.sleep(for: schedule.failed(random: random()))
    }
  }

  /// Works over one connection until it ends, which throws, or until a renewed certificate asks for a new one.
  private func connect(_ identity: AgentIdentity) async throws -> AgentIdentity {
    defer { linkRecord.ended() }
    return try await HubChannel.withConnection(
      to: identity.hub, tls: tls, eventLoopGroup: eventLoopGroup
    ) { channel in
      try await withThrowingTaskGroup(of: AgentIdentity?.self) { group in
        group.addTask {
          try await link.session(on: channel)
          throw FleetError(.sessionClosed, "the hub ended the session")
        }
        group.addTask {
          try await pullWhenWanted(over: channel)
          return nil
        }
        group.addTask { try await renewWhenDue(identity, over: channel) }
        defer { group.cancelAll() }
        while let ended = try await group.next() {
          if let renewed = ended { return try use(renewed) }
        }
        return identity
      }
    }
  }

  private func use(_ renewed: AgentIdentity) throws -> AgentIdentity {
    tls.update(identity: try renewed.tlsIdentity(), trust: renewed.trust)
    return renewed
  }

  private func renewWhenDue(_ identity: AgentIdentity, over channel: HubChannel) async throws -> AgentIdentity {
    let due = renewal.due(try identity.certificate())
    while true {
      let wait = due.since(clock())
      if wait > .zero {
        // Long sleeps follow the clock in steps: a suspended host must not sleep past its certificate.
        try await Task.sleep(for: min(wait, .seconds(60)))
        continue
      }
      do {
        return try await renewal.renew(identity, over: channel)
      } catch let error as FleetError where error.code != .unavailable {
        logger.warning("the certificate cannot be renewed", metadata: ["error": "\(error)"])
        try await Task.sleep(for: CertificateRenewal.retryInterval)
      }
    }
  }

  private func pullWhenWanted(over channel: HubChannel) async throws {
    var schedule = settings.reconnect
    var wait: Duration = .zero
    var refusal: FleetError?
    while true {
      if wait > .zero { await pullWanted.wait(atMost: wait) }
      try Task.checkCancellation()
      do {
        switch try await puller.pull(over: channel) {
        case .accepted(let desired):
          reconciler.desire(desired)
          reportWanted.raise()
        case .unchanged: logger.debug("nothing newer is published")
        }
        linkRecord.pulled(at: clock())
        schedule.succeeded()
        refusal = nil
        wait = settings.pullInterval
      } catch let error as FleetError where error.code == .unavailable || error.code == .timedOut {
        throw error
      } catch let error as FleetError where error.code == .notFound {
        // What was published meanwhile took its place; the next look finds it.
        logger.debug("pulling again", metadata: ["error": "\(error)"])
        wait = settings.reconnect.first
      } catch let error as FleetError {
        // The same refusal again is no news, however often it is tried.
        if refusal != error { await reports.add(kind: "BundleRefused", reason: "\(error)") }
        refusal = error
        reportWanted.raise()
        wait = schedule.failed(random: random())
      }
    }
  }

  private var link: HubLink {
    HubLink(
      delegate: HubLink.Delegate(
        hello: { await hello() }, workDone: { await reconciler.awaitDone(atMost: $0) },
        makeReport: { try await makeReport() }, welcomed: { linkRecord.welcomed(at: clock()) },
        acknowledged: { try await reports.acknowledged($0) }, hubHas: { try await reports.hubHas($0) },
        metadataMayHaveChanged: { pullWanted.raise() }),
      reportWanted: reportWanted, logger: logger)
  }

  private func hello() async -> FlotillaV1.Hello {
    let standing = await puller.standing
    return FlotillaV1.Hello(
      agentVersion: "\(settings.version)", target: target.kind, boot: settings.boot,
      trusted: FlotillaV1.TrustedVersions(standing.trusted), bundleSeq: standing.bundleSeq,
      reportSeq: await reports.lastSeq, timeUnixMs: clock().milliseconds)
  }

  private func makeReport() async throws -> ReportWriter.Envelope? {
    let apps = await reconciler.report(listing: ReportWriter.objectsListed)
    return try await reports.make(apps, server: await target.serverVersion(), await puller.standing)
  }
}
