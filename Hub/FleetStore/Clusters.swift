public import Digests
public import FleetModel
public import Manifests

/// The clusters that have a uid: those that were given a join token at least once.
public protocol ClusterStore: Sendable {
  func cluster(_ uid: ClusterUID) async throws(FleetError) -> ClusterRecord?

  /// Those of these clusters that there are.
  func clusters(_ uids: [ClusterUID]) async throws(FleetError) -> [ClusterUID: ClusterRecord]

  /// The cluster of this name that is not revoked. At most one is.
  func cluster(named name: String) async throws(FleetError) -> ClusterRecord?

  /// All clusters, revoked ones included, by name and then uid.
  func clusters() async throws(FleetError) -> [ClusterRecord]

  /// Gives a declared cluster its uid, in state `awaitingEnrollment`.
  ///
  /// When a cluster of this name exists that is not revoked, that one is returned and nothing changes; so the uid in
  /// `cluster` may be minted without asking first.
  func registerCluster(_ cluster: DeclaredCluster, name: String, at now: Timestamp, trail: Trail)
    async throws(FleetError) -> ClusterRecord

  /// Notes what the repository declares of these clusters now.
  ///
  /// A cluster that is no longer declared becomes `departed`; one that is declared again goes back to where it was.
  /// Revoked clusters stay revoked. Throws `clusterUnknown` for a uid that is not registered.
  func updateDeclared(_ clusters: [DeclaredCluster], at now: Timestamp, trail: Trail) async throws(FleetError)

  /// Lets the agent that waits for approval with this key finish the cluster's enrolment. Others that wait with another
  /// key lose their tokens. Throws `storeConflict` when the cluster does not wait, or not with this key.
  func approveCluster(_ uid: ClusterUID, key: Digest, at now: Timestamp, trail: Trail) async throws(FleetError)

  /// Ends a cluster's identity for good: state `revoked`, every certificate of `identity` on the denylist, its join
  /// tokens and challenges gone. Revoking again changes nothing.
  func revokeCluster(
    _ uid: ClusterUID, identity: String, at now: Timestamp, trail: Trail) async throws(FleetError)
}

/// A cluster that the hub knows by uid.
public struct ClusterRecord: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// It was given a token and has not completed its enrolment.
    case awaitingEnrollment = "AwaitingEnrollment"
    /// Its agent redeemed the token; an operator has to approve it.
    case pendingApproval = "PendingApproval"
    case enrolled = "Enrolled"
    /// Its identity was ended; it never comes back under this uid.
    case revoked = "Revoked"
    /// Its file vanished from the repository; it keeps what it runs.
    case departed = "Departed"
  }

  public var uid: ClusterUID
  public var name: String
  public var state: State
  /// Since when it is in this state.
  public var stateSince: Timestamp
  public var environment: String
  public var labels: [String: String]
  public var connectivity: ClusterDeclaration.Connectivity
  /// The agent's public key that its reports verify with; nil before it enrolled.
  public var reportKey: [UInt8]?
  public var createdAt: Timestamp
  /// When it enrolled last; nil before.
  public var enrolledAt: Timestamp?

  public init(
    uid: ClusterUID, name: String, state: State, stateSince: Timestamp, environment: String, labels: [String: String],
    connectivity: ClusterDeclaration.Connectivity, reportKey: [UInt8]?, createdAt: Timestamp, enrolledAt: Timestamp?
  ) {
    self.uid = uid
    self.name = name
    self.state = state
    self.stateSince = stateSince
    self.environment = environment
    self.labels = labels
    self.connectivity = connectivity
    self.reportKey = reportKey
    self.createdAt = createdAt
    self.enrolledAt = enrolledAt
  }
}

/// What the repository says of a cluster, as far as the hub keeps it beside the cluster's uid.
public struct DeclaredCluster: Hashable, Sendable {
  public var uid: ClusterUID
  public var environment: String
  public var labels: [String: String]
  public var connectivity: ClusterDeclaration.Connectivity
  /// False when no file declares the cluster any longer; the other fields then hold what was declared last.
  public var isDeclared: Bool

  public init(
    uid: ClusterUID, environment: String, labels: [String: String],
    connectivity: ClusterDeclaration.Connectivity = .connected, isDeclared: Bool = true
  ) {
    self.uid = uid
    self.environment = environment
    self.labels = labels
    self.connectivity = connectivity
    self.isDeclared = isDeclared
  }
}
