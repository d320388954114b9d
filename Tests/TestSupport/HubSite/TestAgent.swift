public import Digests
public import FleetModel
import FleetStore
import Manifests
import Programs
public import ReleasePipeline
import Synchronization
public import Trust

/// An agent as the hub's services see it, with real keys: enrols, verifies what it pulls, and signs what it reports.
///
/// It outlives hubs, and so finds out when one of them goes back behind what it published.
public actor TestAgent {
  public nonisolated let name: String
  /// Apps that it reports as broken.
  public private(set) var degraded: Set<String> = []
  public private(set) var uid: ClusterUID?
  public private(set) var bundle: Bundle?
  /// What the hub said last to an agent that nobody has approved.
  public private(set) var waiting: (key: Digest, retryAfter: Duration)?
  private let tls: PrivateKey
  private let reportKey: PrivateKey
  private var ticket: JoinTicket?
  private var client: MetadataClient<MemoryStorage>?
  private var accepted: VerifiedBundle?
  private var lastReport: (seq: Int64, payload: Digest)?
  private var reported: Report?

  public init(_ name: String) throws {
    self.name = name
    tls = try .generate(.ecdsaP256)
    reportKey = try .generate(.ed25519)
  }

  public func set(degraded apps: Set<String>) { degraded = apps }

  /// A hub that starts knows nothing of former sessions.
  public func hubRestarted() { reported = nil }

  /// Does whatever there is to do next: at most one bundle and one report.
  public func step(_ hub: FleetHub) async throws {
    if client == nil { try await enroll(hub) }
    try await pull(hub)
    try await report(hub)
  }

  // MARK: Enrolment

  public func enroll(_ hub: FleetHub) async throws {
    if ticket == nil {
      ticket = try JoinTicket(
        text: try await hub.enrollment.createToken(
          forCluster: name, lifetime: nil, by: Actor(operator: "ada")
        ).text)
    }
    guard let ticket else { return }
    try await enroll(hub, with: ticket)
  }

  public func enroll(_ hub: FleetHub, with ticket: JoinTicket) async throws {
    let request = try CertificateRequest(for: tls)
    let key = reportKey.publicKey.ed25519Bytes ?? []
    let answer = try await hub.enrollment.enroll(
      token: ticket.id, request: request.der, reportKey: key,
      proof: try ticket.proof(request: request.der, reportKey: key))
    guard case .credentials(let credentials) = answer else {
      if case .pending(let key, let retryAfter) = answer { waiting = (key, retryAfter) }
      return
    }
    waiting = nil
    uid = credentials.cluster
    client = try MetadataClient(
      first: try RootMetadata(trusting: credentials.root, digest: ticket.root), fleet: "small",
      cluster: credentials.cluster, storage: MemoryStorage())
  }

  // MARK: Pulling

  private func pull(_ hub: FleetHub) async throws {
    guard let uid, var client else { return }
    do {
      _ = try await client.refresh(from: HubView(hub: hub, cluster: uid), at: .now)
      self.client = client
    } catch {
      self.client = client
      if error.code == .nothingPublished { return }
      throw error
    }
    guard let reference = VerifiedBundle.reference(in: client.view), reference.sha256 != accepted?.reference.sha256
    else { return }
    let readable = try await hub.agents.beginPull(by: uid)
    let bytes = try await fetch(reference, of: hub, readable)
    let verified = try VerifiedBundle(
      bytes, in: client.view,
      VerifiedBundle.Acceptance(
        epoch: accepted?.epoch ?? 0, bundleSeq: accepted?.bundle.bundleSeq ?? 0,
        agentVersion: SemanticVersion(major: 0, minor: 1, patch: 0), bundle: accepted?.reference.sha256))
    for app in verified.bundle.apps {
      _ = try verified.manifests(of: app, try await fetch(app.manifests, of: hub, readable))
    }
    accepted = verified
    bundle = verified.bundle
  }

  private func fetch(_ reference: BlobReference, of hub: FleetHub, _ readable: Set<Digest>) async throws -> [UInt8] {
    if let uid, let bundle = try await hub.agents.bundle(reference.sha256, of: uid) { return bundle }
    guard readable.contains(reference.sha256) else {
      throw FleetError(.contentMismatch, "the view names a blob that its agent may not read")
    }
    return try await hub.agents.blobPart(reference.sha256, offset: 0, count: reference.length) ?? []
  }

  // MARK: Reporting

  private func report(_ hub: FleetHub) async throws {
    guard let uid else { return }
    let known = try await hub.agents.hello(uid, trusted: nil)
    if !hub.sessions.isConnected(uid) {
      _ = hub.sessions.begin(uid)
      await hub.agents.sessionBegan(uid)
      reported = nil
    }
    let next = state(of: uid, seq: max(known, lastReport?.seq ?? 0) + 1)
    guard next.bundleSeq != reported?.bundleSeq || next.apps != reported?.apps else { return }
    let payload = next.canonicalBytes
    lastReport = (next.seq, Digest(of: payload))
    _ = try await hub.reports.record(envelope: try ReportEnvelope.sign(payload, with: reportKey), from: uid)
    reported = next
  }

  /// What it would report next, in its envelope and with any number.
  public func signedReport(seq: Int64) throws -> [UInt8] {
    guard let uid else { throw FleetError(.clusterUnknown, "\(name) is not enrolled") }
    return try ReportEnvelope.sign(state(of: uid, seq: seq).canonicalBytes, with: reportKey)
  }

  private func state(of uid: ClusterUID, seq: Int64) -> Report {
    let apps = (bundle?.apps ?? []).map { app in
      let isBroken = degraded.contains(app.name)
      return Report.App(
        name: app.name, appDigest: app.appDigest, sync: .synced, health: isBroken ? .degraded : .healthy,
        blocking: isBroken, reason: isBroken ? "it crashes" : "", objects: .init(total: 1, synced: 1, healthy: 1),
        notHealthy: [], driftHealed: 0)
    }
    return Report(
      fleet: "small", cluster: uid, seq: seq, prev: lastReport?.payload, boot: "boot", time: .now, timeFloor: .now,
      agent: .init(version: "0.1.0", target: "directory", server: ""),
      trusted: .init(root: 1, timestamp: 1, snapshot: 1, targets: 1), bundleSeq: bundle?.bundleSeq ?? 0, apps: apps,
      events: [], droppedEvents: 0)
  }
}

/// A cluster's view at the hub.
private struct HubView: MetadataSource {
  let hub: FleetHub
  let cluster: ClusterUID

  func fetch(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    let published: PublishedRole =
      switch role {
      case .root: .root
      case .timestamp: .timestamp
      case .snapshot: .snapshot
      case .targets: .targets
      }
    return try await hub.agents.metadata(published, of: cluster, version: version)
  }
}

/// Metadata in memory.
final class MemoryStorage: MetadataStorage {
  private let files = Mutex<[MetadataRole: [UInt8]]>([:])

  func load(_ role: MetadataRole) throws(FleetError) -> [UInt8]? { files.withLock { $0[role] } }
  func store(_ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError) { files.withLock { $0[role] = bytes } }
  func remove(_ role: MetadataRole) throws(FleetError) { files.withLock { $0[role] = nil } }
}
