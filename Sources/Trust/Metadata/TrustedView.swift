public import FleetModel
public import Manifests

/// The metadata of a cluster's view that is trusted now, and the rules by which newer metadata takes its place.
///
/// TUF 1.0.34, section 5, with the amendments of this project: every role names its audience, and "now" is never before
/// the time floor. Pure: bytes and instants come in, what to store goes out. An update that throws has changed nothing.
public struct TrustedView: Sendable {
  /// Whose view it is.
  struct Owner: Sendable {
    let fleet: String
    let cluster: ClusterUID
  }

  /// Nil for plain TUF, which has no audience; such a view holds no bundle.
  let owner: Owner?
  public private(set) var root: RootMetadata
  public private(set) var timestamp: TimestampMetadata?
  public private(set) var snapshot: SnapshotMetadata?
  public private(set) var targets: TargetsMetadata?

  /// A view of which only the root is known.
  public init(root: RootMetadata, fleet: String, cluster: ClusterUID) {
    self.root = root
    owner = Owner(fleet: fleet, cluster: cluster)
  }

  /// A repository of plain TUF, for whoever asks: what a conformance suite publishes.
  init(plain root: RootMetadata) {
    self.root = root
    owner = nil
  }

  /// The versions that are trusted, 0 for none.
  public var versions: Report.Trusted {
    Report.Trusted(
      root: root.head.version, timestamp: timestamp?.head.version ?? 0, snapshot: snapshot?.head.version ?? 0,
      targets: targets?.head.version ?? 0)
  }

  // MARK: Root (5.3)

  /// Takes the next root. Its expiry is checked once the last one is known.
  ///
  /// When the keys of timestamp or snapshot change, both are dropped, so that a version that a thief of the old keys
  /// drove up does not lock the agent out (5.3.11). When the keys of targets change, what the old ones signed is no
  /// longer trusted either.
  public mutating func take(root bytes: [UInt8]) throws(FleetError) {
    let next = try root.successor(bytes)
    func changed(_ role: MetadataRole) -> Bool { next.keys(of: role) != root.keys(of: role) }
    if changed(.timestamp) || changed(.snapshot) {
      timestamp = nil
      snapshot = nil
    }
    if changed(.targets) { targets = nil }
    root = next
  }

  public func checkRootExpiry(at now: Timestamp) throws(FleetError) { try check(root.head, .root, at: now) }

  /// Throws when anything that is trusted has expired, also where nothing newer was published.
  public func checkExpiry(at now: Timestamp) throws(FleetError) {
    for role in MetadataRole.allCases { try checkExpiry(of: role, at: now) }
  }

  func checkExpiry(of role: MetadataRole, at now: Timestamp) throws(FleetError) {
    if let head = head(of: role) { try check(head, role, at: now) }
  }

  /// Whether metadata of this role is trusted.
  func holds(_ role: MetadataRole) -> Bool { head(of: role) != nil }

  private func head(of role: MetadataRole) -> MetadataHead? {
    switch role {
    case .root: root.head
    case .timestamp: timestamp?.head
    case .snapshot: snapshot?.head
    case .targets: targets?.head
    }
  }

  // MARK: Timestamp (5.4)

  /// What became of a timestamp.
  public enum TimestampOutcome: Sendable { case taken, unchanged }

  /// Takes a timestamp, unless it is the version that is trusted already.
  public mutating func take(timestamp bytes: [UInt8], at now: Timestamp) throws(FleetError) -> TimestampOutcome {
    let next = try TimestampMetadata(bytes, signedBy: root)
    try check(next.audience, .timestamp)
    if let current = timestamp {
      if next.head.version == current.head.version { return .unchanged }
      try refuseOlder(next.head.version, than: current.head.version, .timestamp)
      try refuseOlder(next.snapshot.version, than: current.snapshot.version, .snapshot)
    }
    try check(next.head, .timestamp, at: now)
    timestamp = next
    return .taken
  }

  /// Whether the timestamp that is trusted has expired: nothing new is believed until there is a younger one.
  public func isStale(at now: Timestamp) -> Bool { timestamp.map { $0.head.expires <= now } ?? true }

  /// The version of the snapshot to fetch; nil when the trusted one is the one that the timestamp names.
  public var wantedSnapshot: Int64? {
    guard let listed = timestamp?.snapshot else { return nil }
    if let snapshot, snapshot.head.version == listed.version, listed.matches(snapshot.bytes) { return nil }
    return listed.version
  }

  // MARK: Snapshot (5.5)

  public mutating func take(snapshot bytes: [UInt8], at now: Timestamp) throws(FleetError) {
    guard let timestamp else { throw FleetError(.invalidMetadata, "a snapshot before its timestamp") }
    try timestamp.snapshot.check(bytes, "snapshot.json")
    let next = try SnapshotMetadata(bytes, signedBy: root)
    try check(next.audience, .snapshot)
    try require(next.head.version, timestamp.snapshot.version, .snapshot)
    for (name, current) in snapshot?.files ?? [:] {
      guard let listed = next.files[name] else {
        throw FleetError(.rollbackAttack, "\(name) has vanished", at: .init(file: "snapshot.json"))
      }
      guard listed.version >= current.version else {
        throw FleetError(
          .rollbackAttack, "\(name) \(listed.version) after \(current.version)", at: .init(file: "snapshot.json"))
      }
    }
    try check(next.head, .snapshot, at: now)
    snapshot = next
  }

  /// The version of the targets to fetch; nil when the trusted ones are those that the snapshot names.
  public var wantedTargets: Int64? {
    guard let listed = snapshot?.targets else { return nil }
    if let targets, targets.head.version == listed.version, listed.matches(targets.bytes) { return nil }
    return listed.version
  }

  // MARK: Targets (5.6)

  public mutating func take(targets bytes: [UInt8], at now: Timestamp) throws(FleetError) {
    guard let listed = snapshot?.targets else {
      throw FleetError(.invalidMetadata, "targets before their snapshot")
    }
    try listed.check(bytes, "targets.json")
    let next = try TargetsMetadata(bytes, signedBy: root)
    try check(next.audience, .targets)
    try require(next.head.version, listed.version, .targets)
    try check(next.head, .targets, at: now)
    targets = next
  }

  // MARK: Restoring

  /// Takes metadata that was accepted before, from this process's own storage: signatures and audience must hold, its
  /// expiry is of the past. What does not hold is passed over and fetched anew.
  public mutating func restore(timestamp: [UInt8]?, snapshot: [UInt8]?, targets: [UInt8]?) {
    if let timestamp, let stored = try? TimestampMetadata(timestamp, signedBy: root), isOwn(stored.audience) {
      self.timestamp = stored
    }
    if let snapshot, let stored = try? SnapshotMetadata(snapshot, signedBy: root), isOwn(stored.audience) {
      self.snapshot = stored
    }
    if let targets, let stored = try? TargetsMetadata(targets, signedBy: root), isOwn(stored.audience) {
      self.targets = stored
    }
  }

  // MARK: Checks

  private func isOwn(_ audience: Audience?) -> Bool {
    guard let owner else { return true }
    return audience.map { $0.cluster == owner.cluster && $0.fleet.hasSameBytes(as: owner.fleet) } ?? false
  }

  private func check(_ audience: Audience?, _ role: MetadataRole) throws(FleetError) {
    guard !isOwn(audience) else { return }
    var address = FleetError.Address(file: "\(role.rawValue).json", cluster: owner.map { "\($0.cluster)" })
    guard let audience else {
      address.field = "x-fleet"
      throw FleetError(.missingField, "no audience: it would be for any cluster", at: address)
    }
    throw FleetError(
      .wrongAudience, "\(role.rawValue) is for cluster \(audience.cluster) of fleet \(audience.fleet)", at: address)
  }

  private func check(_ head: MetadataHead, _ role: MetadataRole, at now: Timestamp) throws(FleetError) {
    guard head.expires > now else {
      throw FleetError(
        .expiredMetadata, "\(role.rawValue) \(head.version) expired at \(head.expires)",
        at: .init(file: "\(role.rawValue).json"),
        nextStep: "check this machine's clock (\(now)), and that the hub re-signs its metadata")
    }
  }

  private func require(_ version: Int64, _ listed: Int64, _ role: MetadataRole) throws(FleetError) {
    guard version == listed else {
      throw FleetError(
        .contentMismatch, "\(role.rawValue) \(version) where \(listed) is listed",
        at: .init(file: "\(role.rawValue).json"))
    }
  }

  private func refuseOlder(_ version: Int64, than current: Int64, _ role: MetadataRole) throws(FleetError) {
    guard version >= current else {
      throw FleetError(
        .rollbackAttack, "\(role.rawValue) \(version) after \(current)", at: .init(file: "\(role.rawValue).json"))
    }
  }
}
