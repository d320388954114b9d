public import Digests
public import FleetModel
public import Manifests

/// Join tokens, and how a cluster gets its first certificate with one.
///
/// The order of an enrolment: read `joinToken` and check the proof of possession with its key; `redeemToken`; sign the
/// certificate; `completeEnrollment`; send what that returned. A caller that dies in between is retried by the agent.
public protocol EnrollmentStore: Sendable {
  /// Keeps a token. Throws `clusterUnknown`, or `storeConflict` for a revoked cluster or an id that is taken.
  func saveToken(_ token: JoinToken, trail: Trail) async throws(FleetError)

  /// The token of this id, used or not, or nil.
  func joinToken(_ id: String) async throws(FleetError) -> JoinToken?

  /// Binds a token to the key of one certificate request.
  ///
  /// Of any number of concurrent redemptions with different keys exactly one succeeds. The same key may redeem again
  /// for `EnrollmentLimits.repetition` after the first time and after the enrolment was completed, and without limit
  /// while the cluster waits for approval; it then gets the reply that was stored, if there is one. With
  /// `needsApproval` the cluster is `pendingApproval` from now on, also one that was enrolled before.
  /// Throws `tokenUnknown`, `tokenExpired`, `tokenUsed`, or `storeConflict` for a revoked cluster.
  func redeemToken(_ redemption: TokenRedemption, trail: Trail) async throws(FleetError) -> RedeemedToken

  /// The key with which a cluster's agent waits for approval, where several do the one of the token issued last; nil
  /// for a cluster that does not wait.
  func waitingKey(of cluster: ClusterUID) async throws(FleetError) -> Digest?

  /// Stores what the enrolment led to, all in one transaction: the certificate, the cluster's report key and state
  /// `enrolled`, and the reply for a repeated request.
  ///
  /// When the token was completed before, nothing changes and the earlier reply is returned: only that one is sent.
  /// A report key that differs from the cluster's last one starts a new count of report numbers, for nothing that the
  /// old key signed verifies any longer. Throws `tokenUsed` when the token is not bound to this key, `storeConflict`
  /// when the cluster waits for approval or is revoked.
  func completeEnrollment(_ enrollment: Enrollment, trail: Trail) async throws(FleetError) -> [UInt8]

  /// Keeps a challenge for `consumeChallenge`. Of more than `EnrollmentLimits.challenges` of one cluster the oldest
  /// give way.
  func saveChallenge(_ challenge: Challenge) async throws(FleetError)

  /// The cluster that this challenge was made for; nil when it is unknown, used or expired. It works once.
  func consumeChallenge(_ nonce: [UInt8], at now: Timestamp) async throws(FleetError) -> ClusterUID?
}

/// Bounds on enrolment.
public enum EnrollmentLimits {
  /// How long the same request gets the same reply: a lost reply must not strand a node.
  public static let repetition: Duration = .seconds(600)
  /// Challenges outstanding for one cluster. Anyone may ask for one, and a single agent needs one.
  public static let challenges = 8
  /// How long an expired token can still be told from an unknown one.
  public static let tokenMemory: Duration = .seconds(30 * 86_400)
}

/// A single-use right to enrol as one cluster. The secret itself is never stored.
public struct JoinToken: Hashable, Sendable {
  public var id: String
  public var cluster: ClusterUID
  /// Derived from the secret, checks a proof of possession.
  public var verificationKey: [UInt8]
  public var issuedAt: Timestamp
  public var expiresAt: Timestamp

  public init(
    id: String, cluster: ClusterUID, verificationKey: [UInt8], issuedAt: Timestamp, expiresAt: Timestamp
  ) {
    self.id = id
    self.cluster = cluster
    self.verificationKey = verificationKey
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
  }
}

/// One attempt to use a token, whose proof of possession has been checked.
public struct TokenRedemption: Hashable, Sendable {
  public var token: String
  /// The digest of the public key in the certificate request.
  public var requestKey: Digest
  /// Whether the fleet's policy wants an operator to approve the cluster first.
  public var needsApproval: Bool
  public var at: Timestamp

  public init(token: String, requestKey: Digest, needsApproval: Bool, at now: Timestamp) {
    self.token = token
    self.requestKey = requestKey
    self.needsApproval = needsApproval
    self.at = now
  }
}

/// A token that is bound to the caller's request.
public struct RedeemedToken: Hashable, Sendable {
  /// The cluster, in state `pendingApproval` when it has to wait.
  public var cluster: ClusterRecord
  /// The reply of an enrolment that was completed before; send it as it is.
  public var reply: [UInt8]?

  public init(cluster: ClusterRecord, reply: [UInt8]?) {
    self.cluster = cluster
    self.reply = reply
  }
}

/// What an enrolment led to.
public struct Enrollment: Hashable, Sendable {
  public var token: String
  public var requestKey: Digest
  public var certificate: CertificateRecord
  public var reportKey: [UInt8]
  /// What the agent is answered.
  public var reply: [UInt8]
  public var at: Timestamp

  public init(
    token: String, requestKey: Digest, certificate: CertificateRecord, reportKey: [UInt8], reply: [UInt8],
    at now: Timestamp
  ) {
    self.token = token
    self.requestKey = requestKey
    self.certificate = certificate
    self.reportKey = reportKey
    self.reply = reply
    self.at = now
  }
}

/// Something for an agent to sign with its report key when its certificate has run out.
public struct Challenge: Hashable, Sendable {
  public var nonce: [UInt8]
  public var cluster: ClusterUID
  public var expiresAt: Timestamp

  public init(nonce: [UInt8], cluster: ClusterUID, expiresAt: Timestamp) {
    self.nonce = nonce
    self.cluster = cluster
    self.expiresAt = expiresAt
  }
}
