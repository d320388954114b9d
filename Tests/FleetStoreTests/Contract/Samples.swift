import Digests
import FleetModel
import FleetStore
import Manifests
import Testing

// Values that tests are made of. Instants are seconds from an arbitrary start.

func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_700_000_000 + seconds) }

func uid(_ text: String) throws -> ClusterUID { try #require(ClusterUID(text)) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func appDigest(_ text: String) -> AppDigest { AppDigest(Digest(of: text)) }

func releaseDigest(_ text: String) -> ReleaseDigest { ReleaseDigest(Digest(of: text)) }

func declared(_ text: String, environment: String = "prod", isDeclared: Bool = true) throws -> DeclaredCluster {
  DeclaredCluster(
    uid: try uid(text), environment: environment, labels: ["region": "eu", "tier": "edge"], connectivity: .edge,
    isDeclared: isDeclared)
}

func entry(_ action: String, at seconds: Int64 = 0, outcome: String = "done") -> AuditRecord.Content {
  AuditRecord.Content(
    time: at(seconds), actor: "operator/ana", action: action, subject: "fra-1", commit: "c0ffee",
    digest: Digest(of: action), outcome: outcome, reason: "because")
}

func event(_ kind: String, at seconds: Int64 = 0, cluster: String? = nil, app: String? = nil) -> FleetEvent {
  FleetEvent(
    time: at(seconds), kind: kind, cluster: cluster, app: app, release: releaseDigest(kind), message: "\(kind)!")
}

extension HubStore {
  /// Registers a cluster of that name, whose uid is the name with `u-` before it.
  @discardableResult
  func register(_ name: String, at now: Timestamp = at(0)) async throws -> ClusterUID {
    try await registerCluster(declared("u-" + name), name: name, at: now, trail: .none).uid
  }

  /// Issues a token of an hour for a cluster.
  func issueToken(_ id: String, for cluster: ClusterUID) async throws {
    try await saveToken(
      JoinToken(
        id: id, cluster: cluster, verificationKey: bytes("key of \(id)"), issuedAt: at(0), expiresAt: at(3600)),
      trail: .none)
  }

  /// Takes a cluster through its whole enrolment with a token of that id.
  func enroll(
    _ cluster: ClusterUID, token: String, key: String = "request", reportKey: String = "report", at seconds: Int64 = 1
  ) async throws {
    try await issueToken(token, for: cluster)
    _ = try await redeemToken(redemption(token, key: key, at: seconds), trail: .none)
    _ = try await completeEnrollment(
      enrollment(token, of: cluster, key: key, reportKey: reportKey, at: seconds), trail: .none)
  }
}

/// Expects that a call throws an error of this code.
///
/// Not `#expect(throws:)`, which cannot look into the error's code; and a closure of its own, for the compiler mixes up
/// closures that stand inside the macro with those beside it.
func refuses(
  _ code: FleetError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ call: () async throws -> Void
) async {
  do {
    try await call()
    Issue.record("nothing was thrown where \(code) should be", sourceLocation: sourceLocation)
  } catch {
    #expect((error as? FleetError)?.code == code, "\(error)", sourceLocation: sourceLocation)
  }
}

func redemption(
  _ token: String, key: String = "request", needsApproval: Bool = false, at seconds: Int64 = 1
) -> TokenRedemption {
  TokenRedemption(token: token, requestKey: Digest(of: key), needsApproval: needsApproval, at: at(seconds))
}

func enrollment(
  _ token: String, of cluster: ClusterUID, key: String = "request", reportKey: String = "report",
  reply: String = "reply", at seconds: Int64 = 1
) -> Enrollment {
  Enrollment(
    token: token, requestKey: Digest(of: key),
    certificate: certificate("c-\(token)-\(reply)", of: "spiffe://acme/cluster/\(cluster)", from: seconds),
    reportKey: bytes(reportKey), reply: bytes(reply), at: at(seconds))
}

func certificate(
  _ serial: String, of identity: String, from: Int64 = 0, to: Int64? = nil
) -> CertificateRecord {
  CertificateRecord(
    serial: serial, identity: identity, notBefore: at(from), notAfter: at(to ?? from + 86_400))
}

func observed(_ name: String, _ digest: String = "v1", health: Health = .healthy) -> Report.App {
  Report.App(
    name: name, appDigest: appDigest(digest), sync: .synced, health: health, blocking: health != .healthy,
    reason: health == .healthy ? "" : "Deployment shop/web: 1 of 3 available",
    objects: Report.ObjectCounts(total: 12, synced: 12, healthy: health == .healthy ? 12 : 11),
    notHealthy: health == .healthy
      ? [] : [Report.UnhealthyObject(id: "apps/Deployment/shop/web", health: health, reason: "\"quoted\" ✓")],
    driftHealed: 2)
}

func report(
  _ cluster: ClusterUID, seq: Int64, trusted: Int64 = 0, bundleSeq: Int64 = 0,
  apps: [Report.App] = [observed("checkout")], payload: String? = nil, at seconds: Int64 = 0
) -> VerifiedReport {
  let report = Report(
    fleet: "acme", cluster: cluster, seq: seq, prev: nil, boot: "b1", time: at(seconds), timeFloor: at(seconds),
    agent: Report.Agent(version: "0.1.0", target: "directory", server: ""),
    trusted: Report.Trusted(root: 1, timestamp: trusted, snapshot: trusted, targets: trusted), bundleSeq: bundleSeq,
    apps: apps, events: [], droppedEvents: 0)
  return VerifiedReport(
    report: report, payload: bytes(payload ?? "report \(seq) of \(cluster)"), envelope: bytes("signed \(seq)"),
    receivedAt: at(seconds))
}

func logRecord(_ number: Int64, rollouts: [String] = ["r1"]) -> RolloutLogRecord {
  RolloutLogRecord(
    number: number, time: at(number), rollouts: rollouts, event: bytes("event \(number)"),
    transitions: bytes("transitions \(number)"))
}

func assignment(_ cluster: ClusterUID, _ app: String, _ digest: String = "v1") -> Assignment {
  Assignment(
    cluster: cluster, app: app, digest: appDigest(digest), release: releaseDigest(digest), rollout: "r-\(digest)")
}

func rolloutRecord(_ id: String, app: String = "checkout", status: String = "Running", at seconds: Int64 = 0)
  -> RolloutRecord
{
  RolloutRecord(
    id: id, app: app, release: releaseDigest(id), status: status, detail: bytes("{\"id\":\"\(id)\"}"),
    startedAt: at(seconds), updatedAt: at(seconds), endedAt: status == "Running" ? nil : at(seconds))
}

/// A whole publication under these versions, whose content says what it is.
func signedView(
  _ cluster: ClusterUID, _ versions: PublicationVersions, extent: PublicationExtent = .bundle, content: String = "a",
  blobs: Set<Digest> = []
) -> Publication {
  let roles: [ViewRole] = extent == .timestamp ? [.timestamp] : ViewRole.allCases
  let metadata = roles.map { ($0, bytes("\($0.rawValue) \(versions[$0]) \(content)")) }
  let bundle = Publication.NewBundle(bytes: bytes("bundle \(versions.bundleSeq) \(content)"), blobs: blobs)
  return Publication(
    cluster: cluster, versions: versions, metadata: Dictionary(uniqueKeysWithValues: metadata),
    bundle: extent == .bundle ? bundle : nil)
}

extension HubStore {
  /// Allocates versions for one cluster and publishes under them.
  @discardableResult
  func publishNext(
    _ cluster: ClusterUID, _ extent: PublicationExtent = .bundle, content: String = "a", blobs: Set<Digest> = [],
    at seconds: Int64 = 0
  ) async throws -> PublicationVersions {
    let versions = try #require(try await allocateVersions([cluster: extent])[cluster])
    let next = signedView(cluster, versions, extent: extent, content: content, blobs: blobs)
    try await publish([next], at: at(seconds), trail: .none)
    return versions
  }
}
