public import Digests
public import FleetModel
public import Manifests

/// What agents observed, and when they were last heard of.
///
/// Many small writes arrive at once here; a backend gathers them into few transactions.
public protocol ReportStore: Sendable {
  /// Stores a report whose signature was verified, together with the states in it and the versions that the agent
  /// trusts; the outcome says whether it counted. Throws `clusterUnknown`.
  ///
  /// The states replace all that the cluster observed before: a report is full state.
  func recordReport(_ report: VerifiedReport) async throws(FleetError) -> ReportOutcome

  /// Stores states that arrived between two reports; apps that are not among them keep theirs.
  func recordStates(_ apps: [Report.App], of cluster: ClusterUID, at now: Timestamp) async throws(FleetError)

  /// The report that counts now, or nil before the first.
  func latestReport(of cluster: ClusterUID) async throws(FleetError) -> StoredReport?

  /// The last reports, the youngest first; as many are kept as `ReportLimits.history` says.
  func reports(of cluster: ClusterUID) async throws(FleetError) -> [StoredReport]

  /// What a cluster observed last, by app.
  func observedApps(of cluster: ClusterUID) async throws(FleetError) -> [ObservedApp]

  /// What all clusters observed last of an app, by cluster.
  func observedApps(ofApp app: String) async throws(FleetError) -> [ObservedApp]

  /// What all clusters observed last, by cluster and app.
  func observedApps() async throws(FleetError) -> [ObservedApp]

  /// Notes when clusters were last heard of and whether they hold a session; an earlier instant than the one stored
  /// changes nothing. Unknown clusters are passed over.
  func recordPresence(_ presences: [Presence]) async throws(FleetError)

  /// When each cluster that was ever heard of last was, by cluster.
  func presences() async throws(FleetError) -> [Presence]
}

/// Bounds on what is kept of reports.
public enum ReportLimits {
  /// Reports kept for one cluster, the last one included: enough to see a chain, little enough for 10,000 clusters
  /// (a report of 50 apps is some 15 KB).
  public static let history = 5
}

/// A report whose signature verified against the cluster's report key.
public struct VerifiedReport: Hashable, Sendable {
  public var report: Report
  /// The bytes that were signed.
  public var payload: [UInt8]
  /// The DSSE envelope as it came.
  public var envelope: [UInt8]
  public var receivedAt: Timestamp

  public init(report: Report, payload: [UInt8], envelope: [UInt8], receivedAt: Timestamp) {
    self.report = report
    self.payload = payload
    self.envelope = envelope
    self.receivedAt = receivedAt
  }
}

/// Whether a report counted.
public enum ReportOutcome: Hashable, Sendable {
  /// It is the latest one now.
  case accepted
  /// It is the very report that is the latest already, and is acknowledged again.
  case repeated
  /// A later one, or another with this number, is stored already.
  case refused(lastSeq: Int64)
}

/// A report as it is kept.
public struct StoredReport: Hashable, Sendable {
  public var cluster: ClusterUID
  public var seq: Int64
  /// The digest of the payload: what the next report names as its predecessor.
  public var digest: Digest
  public var payload: [UInt8]
  public var envelope: [UInt8]
  public var receivedAt: Timestamp

  public init(
    cluster: ClusterUID, seq: Int64, digest: Digest, payload: [UInt8], envelope: [UInt8], receivedAt: Timestamp
  ) {
    self.cluster = cluster
    self.seq = seq
    self.digest = digest
    self.payload = payload
    self.envelope = envelope
    self.receivedAt = receivedAt
  }
}

/// An app as a cluster observed it last.
public struct ObservedApp: Hashable, Sendable {
  public var cluster: ClusterUID
  public var app: Report.App
  /// Since when it has been observed so.
  public var since: Timestamp

  public init(cluster: ClusterUID, app: Report.App, since: Timestamp) {
    self.cluster = cluster
    self.app = app
    self.since = since
  }
}

/// When a cluster was last heard of.
public struct Presence: Hashable, Sendable {
  public var cluster: ClusterUID
  public var lastSeen: Timestamp
  /// Whether it held a session then.
  public var isConnected: Bool

  public init(cluster: ClusterUID, lastSeen: Timestamp, isConnected: Bool) {
    self.cluster = cluster
    self.lastSeen = lastSeen
    self.isConnected = isConnected
  }
}
