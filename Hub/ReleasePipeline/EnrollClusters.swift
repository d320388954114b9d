import Authority
public import Digests
public import FleetModel
import FleetStore
import Logging
public import Manifests
import RolloutEngine
import Trust

/// What it takes to be let in.
public enum EnrollmentPolicy: String, Sendable, CaseIterable {
  /// A token: an admin issued it for one cluster, and that is the approval.
  case token
  /// A token, and an operator who approves the key that asks with it.
  case approval
}

/// Lets clusters into the fleet, keeps their certificates young, and shuts them out.
public struct ClusterEnrollment: Sendable {
  let store: any HubStore
  let authority: CertificateAuthority
  let rollouts: RolloutAdvancer
  let sessions: AgentSessions
  let source: CurrentSource
  let denylist: DenylistCache
  let policy: EnrollmentPolicy
  /// `host:port` at which agents reach the hub.
  let address: String
  let metrics: HubMetrics
  let refusals: RefusalRecorder
  let now: @Sendable () -> Timestamp
  let logger: Logger
  /// A cluster has become a member: apps that never had one are to be rendered for it.
  let memberJoined: @Sendable () -> Void

  /// Bounds and defaults of enrolment.
  public enum Limits {
    /// How long a join token can be used.
    public static let tokenLifetime: Duration = .seconds(3600)
    public static let longestTokenLifetime: Duration = .seconds(30 * 86_400)
    /// How long a challenge can be answered.
    public static let challengeLifetime: Duration = .seconds(120)
    /// When an agent that waits for approval asks again: soon at first, later less often.
    public static let firstQuestion: Duration = .seconds(5)
    public static let lastQuestion: Duration = .seconds(60)
    /// How many characters of a token's id a refusal records: ours have 16, and a stranger's may have any number.
    public static let recordedTokenID = 64
  }

  // MARK: Tokens

  /// A token that was made. Its text is secret and is not kept.
  public struct MadeToken: Sendable {
    public var text: String
    public var cluster: ClusterUID
    public var expiresAt: Timestamp
  }

  /// Makes a join token for a declared cluster, which gets its uid with the first one.
  public func createToken(
    forCluster name: String, lifetime: Duration?, by actor: Actor
  ) async throws(FleetError) -> MadeToken {
    try await recordingRefusal(AuditAction.clusterToken, name, by: actor.name) { () async throws(FleetError) in
      try await makeToken(forCluster: name, lifetime: lifetime, by: actor)
    }
  }

  private func makeToken(
    forCluster name: String, lifetime: Duration?, by actor: Actor
  ) async throws(FleetError) -> MadeToken {
    guard let declaration = await source.snapshot?.cluster(named: name) else {
      throw FleetError(
        .clusterNotDeclared, "no file of the fleet repository declares cluster \(name)", at: .init(cluster: name),
        nextStep: "commit clusters/\(name).yaml first")
    }
    let lifetime = lifetime ?? Limits.tokenLifetime
    guard lifetime > .zero, lifetime <= Limits.longestTokenLifetime else {
      throw FleetError(.invalidToken, "a token can live up to \(Limits.longestTokenLifetime)", at: .init(cluster: name))
    }
    guard let root = try await store.root(version: nil) else {
      throw FleetError(.storeDamaged, "the store has no root metadata", nextStep: "run `flotilla-hub init`")
    }
    let uid = try ClusterEnrollment.newUID()
    let record = try await store.registerCluster(
      DeclaredCluster(
        uid: uid, environment: declaration.environment, labels: declaration.labels,
        connectivity: declaration.connectivity), name: name, at: now(), trail: .none)
    let ticket = try JoinTicket(
      id: try SecureRandom.bytes(8).hexText, address: address, fleet: authority.fleet, authority: authority.pin,
      root: Digest(of: root.bytes))
    let expires = now() + lifetime
    try await store.saveToken(
      JoinToken(
        id: ticket.id, cluster: record.uid, verificationKey: try ticket.verificationKey().bytes, issuedAt: now(),
        expiresAt: expires),
      trail: trail(AuditAction.clusterToken, name, by: actor.name, event: nil))
    return MadeToken(text: ticket.text, cluster: record.uid, expiresAt: expires)
  }

  private static func newUID() throws(FleetError) -> ClusterUID {
    guard let uid = ClusterUID("c-" + (try SecureRandom.bytes(10).hexText)) else {
      throw FleetError(.cryptoFailed, "no uid can be minted")
    }
    return uid
  }

  // MARK: Enrolment

  /// What a first enrolment or a renewal gives an agent.
  public struct Credentials: Sendable {
    public var fleet: String
    public var cluster: ClusterUID
    public var chain: [[UInt8]]
    public var authorities: [[UInt8]]
    public var notAfter: Timestamp
    /// The root to begin with; empty on renewal.
    public var root: [UInt8]
  }

  /// What an agent that asks to be let in is told.
  public enum Answer: Sendable {
    case credentials(Credentials)
    /// An operator has to approve this key, the digest of its SubjectPublicKeyInfo; ask again after a while.
    case pending(key: Digest, retryAfter: Duration)
  }

  /// Exchanges the possession of a token for a certificate, at once or when an operator has approved it.
  public func enroll(
    token id: String, request der: [UInt8], reportKey: [UInt8], proof: [UInt8]
  ) async throws(FleetError) -> Answer {
    do {
      let answer = try await recordingRefusal(
        "cluster.enroll", "token \(id.prefix(Limits.recordedTokenID))", by: RefusalRecorder.stranger
      ) { () async throws(FleetError) in
        try await enrollChecked(token: id, request: der, reportKey: reportKey, proof: proof)
      }
      metrics.count(.enrolments, HubMetrics.EnrolmentOutcome(answer).rawValue)
      return answer
    } catch {
      metrics.count(.enrolments, HubMetrics.EnrolmentOutcome.refused.rawValue)
      throw error
    }
  }

  private func enrollChecked(
    token id: String, request der: [UInt8], reportKey: [UInt8], proof: [UInt8]
  ) async throws(FleetError) -> Answer {
    // One answer for an unknown token and a wrong proof: nobody learns which tokens exist.
    let refusal = FleetError(
      .tokenUnknown, "the token is not known, or the proof does not fit it",
      nextStep: "ask for a new token: flotilla cluster token NAME")
    guard let token = try await store.joinToken(id),
      JoinTicket.VerificationKey(bytes: token.verificationKey).accepts(proof, request: der, reportKey: reportKey)
    else { throw refusal }
    let request = try CertificateRequest(der: der)
    _ = try PublicKey(ed25519: reportKey)
    let redeemed = try await redeem(token, for: request.publicKey.spkiDigest)
    let cluster = redeemed.cluster
    if let reply = redeemed.reply {
      return .credentials(try await credentials(of: try Certificate(der: reply), cluster.uid))
    }
    if cluster.state == .pendingApproval {
      let waited = max(.zero, now().since(cluster.stateSince))
      return .pending(
        key: request.publicKey.spkiDigest,
        retryAfter: min(max(waited / 4, Limits.firstQuestion), Limits.lastQuestion))
    }
    let certificate = try authority.issue(
      .cluster(cluster.uid), for: request.publicKey, at: now(), lifetime: CertificateAuthority.Lifetime.cluster)
    let stored = try await store.completeEnrollment(
      Enrollment(
        token: id, requestKey: request.publicKey.spkiDigest, certificate: try CertificateRecord(certificate),
        reportKey: reportKey,
        reply: certificate.der, at: now()),
      trail: trail("cluster.enroll", cluster.name, by: "cluster/\(cluster.uid)", event: "ClusterEnrolled"))
    logger.info("cluster enrolled", metadata: ["cluster": "\(cluster.name)", "uid": "\(cluster.uid)"])
    await joined(cluster)
    return .credentials(try await credentials(of: try Certificate(der: stored), cluster.uid))
  }

  private func redeem(_ token: JoinToken, for key: Digest) async throws(FleetError) -> RedeemedToken {
    let needsApproval = policy == .approval
    var trail = Trail.none
    if needsApproval, let name = try await store.cluster(token.cluster)?.name {
      trail = self.trail("cluster.ask", name, by: "cluster/\(token.cluster)", event: "ClusterAsks", digest: key)
    }
    return try await store.redeemToken(
      TokenRedemption(token: token.id, requestKey: key, needsApproval: needsApproval, at: now()), trail: trail)
  }

  /// Tells the engine of a member that is new.
  private func joined(_ cluster: ClusterRecord) async {
    await rollouts.submit(
      .clusterJoined(
        FleetMember(
          cluster: cluster.uid, name: cluster.name, environment: cluster.environment, labels: cluster.labels,
          connectivity: cluster.connectivity)))
    memberJoined()
  }

  private func credentials(of certificate: Certificate, _ cluster: ClusterUID) async throws(FleetError) -> Credentials {
    Credentials(
      fleet: authority.fleet, cluster: cluster, chain: [certificate.der], authorities: [authority.certificate.der],
      notAfter: certificate.notAfter, root: try await store.root(version: nil)?.bytes ?? [])
  }

  // MARK: Renewal

  /// A new certificate for a new key, asked for with the old certificate.
  public func renew(_ cluster: ClusterUID, request der: [UInt8]) async throws(FleetError) -> Credentials {
    guard let record = try await store.cluster(cluster), record.state != .revoked else {
      throw FleetError(.clusterUnknown, "the cluster is not enrolled", at: .init(cluster: "\(cluster)"))
    }
    let request = try CertificateRequest(der: der)
    let certificate = try authority.issue(
      .cluster(cluster), for: request.publicKey, at: now(), lifetime: CertificateAuthority.Lifetime.cluster)
    try await store.recordCertificate(
      try CertificateRecord(certificate),
      trail: trail("cluster.renew", record.name, by: "cluster/\(cluster)", event: nil))
    var renewed = try await credentials(of: certificate, cluster)
    renewed.root = []
    return renewed
  }

  /// Something fresh for an agent to sign whose certificate has run out. The same for a cluster that is not known.
  public func challenge(for cluster: ClusterUID) async throws(FleetError) -> (nonce: [UInt8], expires: Timestamp) {
    let nonce = try SecureRandom.bytes(32)
    let expires = now() + Limits.challengeLifetime
    if try await store.cluster(cluster)?.reportKey != nil {
      try await store.saveChallenge(Challenge(nonce: nonce, cluster: cluster, expiresAt: expires))
    }
    return (nonce, expires)
  }

  public func renewByChallenge(
    _ cluster: ClusterUID, challenge: [UInt8], request der: [UInt8], signature: [UInt8]
  ) async throws(FleetError) -> Credentials {
    try await recordingRefusal("cluster.renew", "\(cluster)", by: RefusalRecorder.stranger) {
      () async throws(FleetError) in
      try await renewChecked(cluster, challenge: challenge, request: der, signature: signature)
    }
  }

  private func renewChecked(
    _ cluster: ClusterUID, challenge: [UInt8], request der: [UInt8], signature: [UInt8]
  ) async throws(FleetError) -> Credentials {
    guard try await store.consumeChallenge(challenge, at: now()) == cluster,
      let key = try await store.cluster(cluster)?.reportKey,
      try PublicKey(ed25519: key).isValid(
        signature, for: RenewalStatement.bytes(challenge: challenge, request: der))
    else {
      throw FleetError(
        .badSignature, "the challenge is not known or not signed by the cluster's report key",
        at: .init(cluster: "\(cluster)"))
    }
    return try await renew(cluster, request: der)
  }

  // MARK: People

  /// Lets in a cluster that waits for approval, if the key that waits is the one given.
  public func approve(cluster name: String, key: Digest, by actor: Actor) async throws(FleetError) {
    try await recordingRefusal(AuditAction.clusterApprove, name, by: actor.name, digest: key) {
      () async throws(FleetError) in
      guard let record = try await store.cluster(named: name) else { throw unknown(name) }
      try await store.approveCluster(
        record.uid, key: key, at: now(),
        trail: trail(AuditAction.clusterApprove, name, by: actor.name, event: "ClusterApproved", digest: key))
    }
    logger.info("cluster approved", metadata: ["cluster": "\(name)", "key": "\(key.hex)"])
  }

  private func unknown(_ name: String) -> FleetError {
    FleetError(
      .clusterUnknown, "no cluster \(name) has a token or is enrolled", at: .init(cluster: name),
      nextStep: "see `flotilla get clusters`")
  }

  /// Shuts a cluster's agent out for good: its certificates are refused and its session ends.
  public func revoke(
    cluster name: String, uid: ClusterUID?, reason: String, by actor: Actor
  ) async throws(FleetError) {
    let record = try await recordingRefusal(AuditAction.clusterRevoke, name, by: actor.name) {
      () async throws(FleetError) -> ClusterRecord in
      guard let record = try await store.cluster(named: name), uid == nil || uid == record.uid else {
        throw unknown(name)
      }
      return record
    }
    var trail = trail(AuditAction.clusterRevoke, name, by: actor.name, event: "ClusterRevoked")
    trail.audit = trail.audit.map { entry in
      var entry = entry
      entry.reason = reason
      return entry
    }
    let identity = PeerIdentity(fleet: authority.fleet, name: .cluster(record.uid)).uri
    try await store.revokeCluster(record.uid, identity: identity, at: now(), trail: trail)
    denylist.add(record.uid)
    sessions.close(record.uid, .revoked)
    await rollouts.submit(.clusterLeft(record.uid, reason: "its agent was revoked: \(reason)"))
  }

  /// Puts into the audit log what `act` refuses.
  private func recordingRefusal<Result>(
    _ action: String, _ subject: String, by actor: String, digest: Digest? = nil,
    _ act: () async throws(FleetError) -> Result
  ) async throws(FleetError) -> Result {
    do {
      return try await act()
    } catch {
      let entry = AuditRecord.Content(
        time: now(), actor: actor, action: action, subject: subject, digest: digest, outcome: "refused",
        reason: error.message)
      try await refusals.record(entry)
      throw error
    }
  }

  private func trail(
    _ action: String, _ cluster: String, by actor: String, event: String?, digest: Digest? = nil
  ) -> Trail {
    let entry = AuditRecord.Content(
      time: now(), actor: actor, action: action, subject: cluster, digest: digest, outcome: "done")
    let events = event.map { [FleetEvent(time: now(), kind: $0, cluster: cluster, message: "by \(actor)")] } ?? []
    return Trail(audit: [entry], events: events)
  }
}

extension HubMetrics.EnrolmentOutcome {
  fileprivate init(_ answer: ClusterEnrollment.Answer) {
    switch answer {
    case .credentials: self = .accepted
    case .pending: self = .waiting
    }
  }
}
