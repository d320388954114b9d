public import FleetModel
public import Manifests

/// Where metadata comes from: the hub over gRPC, or a medium.
public protocol MetadataSource: Sendable {
  /// The bytes of a version, without one the newest; nil when there is no such version. Capped at the role's limit.
  func fetch(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]?
}

/// Where accepted metadata is kept, verbatim. Each call is durable when it returns.
public protocol MetadataStorage: Sendable {
  func load(_ role: MetadataRole) throws(FleetError) -> [UInt8]?
  func store(_ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError)
  func remove(_ role: MetadataRole) throws(FleetError)
}

/// Keeps a view up to date: the client workflow of TUF 1.0.34, section 5, over a source and a storage.
public struct MetadataClient<Storage: MetadataStorage>: Sendable {
  public private(set) var view: TrustedView
  private let storage: Storage

  /// Begins with the first root, which is stored.
  public init(
    first root: RootMetadata, fleet: String, cluster: ClusterUID, storage: Storage
  ) throws(FleetError) {
    view = TrustedView(root: root, fleet: fleet, cluster: cluster)
    self.storage = storage
    try storage.store(.root, root.bytes)
  }

  /// Goes on from what is stored. Makes no requests; throws when no root is stored that holds.
  public init(restoringFor cluster: ClusterUID, of fleet: String, storage: Storage) throws(FleetError) {
    try self.init(storage) { root in TrustedView(root: root, fleet: fleet, cluster: cluster) }
  }

  /// Goes on from what is stored of a repository of plain TUF. For conformance suites alone: nothing that an agent
  /// applies can come of it.
  package init(restoringPlain storage: Storage) throws(FleetError) {
    try self.init(storage) { root in TrustedView(plain: root) }
  }

  private init(_ storage: Storage, _ makeView: (RootMetadata) -> TrustedView) throws(FleetError) {
    guard let bytes = try storage.load(.root) else {
      throw FleetError(.invalidMetadata, "no trusted root is stored", nextStep: "enrol the agent again")
    }
    self.storage = storage
    view = makeView(try RootMetadata(selfSigned: bytes))
    view.restore(
      timestamp: try storage.load(.timestamp), snapshot: try storage.load(.snapshot),
      targets: try storage.load(.targets))
  }

  /// Fetches what is newer, verifies it and stores it, each file after it was accepted.
  ///
  /// "Now" is fixed for the whole refresh. Throws at the first file that is refused or cannot be stored; what was
  /// accepted before it stays, and what could not be stored is not trusted, so that no version is ever reported that a
  /// restart would forget. Returns whether the targets are other ones than before.
  public mutating func refresh(from source: some MetadataSource, at now: Timestamp) async throws(FleetError) -> Bool {
    let before = view.targets?.head.version
    try await refreshRoot(source, at: now)
    try await refreshTimestamp(source, at: now)
    if let version = view.wantedSnapshot {
      let bytes = try await required(.snapshot, version, source)
      try accept(.snapshot, bytes) { view throws(FleetError) in try view.take(snapshot: bytes, at: now) }
    }
    if let version = view.wantedTargets {
      let bytes = try await required(.targets, version, source)
      try accept(.targets, bytes) { view throws(FleetError) in try view.take(targets: bytes, at: now) }
    }
    try view.checkExpiry(at: now)
    return view.targets?.head.version != before
  }

  private mutating func refreshRoot(_ source: some MetadataSource, at now: Timestamp) async throws(FleetError) {
    for _ in 0..<MetadataJSON.Limits.rootRotations where view.root.head.version < .max {
      guard let bytes = try await source.fetch(.root, version: view.root.head.version + 1) else { break }
      try accept(.root, bytes) { view throws(FleetError) in try view.take(root: bytes) }
    }
    try view.checkRootExpiry(at: now)
  }

  private mutating func refreshTimestamp(_ source: some MetadataSource, at now: Timestamp) async throws(FleetError) {
    guard let bytes = try await source.fetch(.timestamp, version: nil) else {
      throw FleetError(.nothingPublished, "the hub has no timestamp", at: .init(file: "timestamp.json"))
    }
    try checkLength(bytes, .timestamp)
    var next = view
    if try next.take(timestamp: bytes, at: now) == .taken { try commit(next, .timestamp, bytes) }
    try view.checkExpiry(of: .timestamp, at: now)
  }

  /// Trusts what `take` makes of the view, once the bytes are stored.
  private mutating func accept(
    _ role: MetadataRole, _ bytes: [UInt8], _ take: (inout TrustedView) throws(FleetError) -> Void
  ) throws(FleetError) {
    var next = view
    try take(&next)
    try commit(next, role, bytes)
  }

  private mutating func commit(_ next: TrustedView, _ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError) {
    try storage.store(role, bytes)
    // After the root, never before it: what is dropped because of a root must not be missing without it.
    for dropped in MetadataRole.allCases where view.holds(dropped) && !next.holds(dropped) {
      try storage.remove(dropped)
    }
    view = next
  }

  private func required(
    _ role: MetadataRole, _ version: Int64, _ source: some MetadataSource
  ) async throws(FleetError) -> [UInt8] {
    guard let bytes = try await source.fetch(role, version: view.root.hasVersionedFiles ? version : nil) else {
      throw FleetError(
        .invalidMetadata, "the hub has no \(role.rawValue) \(version)", at: .init(file: "\(role.rawValue).json"))
    }
    try checkLength(bytes, role)
    return bytes
  }

  private func checkLength(_ bytes: [UInt8], _ role: MetadataRole) throws(FleetError) {
    guard bytes.count <= role.byteLimit else {
      throw FleetError(
        .limitExceeded, "\(bytes.count) bytes of \(role.rawValue), at most \(role.byteLimit)",
        at: .init(file: "\(role.rawValue).json"))
    }
  }
}
