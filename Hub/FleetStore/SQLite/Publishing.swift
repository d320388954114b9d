internal import Digests
internal import FleetModel
internal import GRDB
internal import Manifests

extension ViewRole: Cell {}

/// The highest versions that were ever allocated, published or reported of a cluster's view.
struct ViewVersions {
  var targets: Int64
  var snapshot: Int64
  var timestamp: Int64
  var bundleSeq: Int64

  /// Versions before any publication.
  static let none = ViewVersions(targets: 0, snapshot: 0, timestamp: 0, bundleSeq: 0)
}

extension Database {
  func viewVersions(of cluster: ClusterUID) throws -> ViewVersions? {
    try one(
      "SELECT targets, snapshot, timestamp, bundle_seq FROM view_versions WHERE cluster = ?", cluster
    ) { columns in
      ViewVersions(
        targets: try columns.next(), snapshot: try columns.next(), timestamp: try columns.next(),
        bundleSeq: try columns.next())
    }
  }

  /// Raises the highest versions to these where they are higher.
  func raiseViewVersions(of cluster: ClusterUID, to versions: ViewVersions) throws {
    try run(
      """
      INSERT INTO view_versions VALUES (?, ?, ?, ?, ?) ON CONFLICT (cluster) DO UPDATE SET
      targets = MAX(targets, excluded.targets), snapshot = MAX(snapshot, excluded.snapshot),
      timestamp = MAX(timestamp, excluded.timestamp), bundle_seq = MAX(bundle_seq, excluded.bundle_seq)
      """, cluster, versions.targets, versions.snapshot, versions.timestamp, versions.bundleSeq)
  }

  /// Sets the next versions of a view aside, as durable as the transaction around this.
  func allocateVersions(
    for cluster: ClusterUID, _ extent: PublicationExtent
  ) throws -> PublicationVersions {
    var highest = try viewVersions(of: cluster) ?? .none
    let current = try publication(of: cluster)?.versions
    if current == nil, extent != .bundle {
      throw FleetError(
        .storeConflict, "nothing is published that could be renewed",
        at: FleetError.Address(cluster: cluster.rawValue))
    }
    highest.timestamp += 1
    if extent != .timestamp {
      highest.targets += 1
      highest.snapshot += 1
    }
    if extent == .bundle { highest.bundleSeq += 1 }
    try raiseViewVersions(of: cluster, to: highest)
    let renewsTargets = extent != .timestamp
    return PublicationVersions(
      targets: renewsTargets ? highest.targets : current?.targets ?? 0,
      snapshot: renewsTargets ? highest.snapshot : current?.snapshot ?? 0, timestamp: highest.timestamp,
      bundleSeq: extent == .bundle ? highest.bundleSeq : current?.bundleSeq ?? 0,
      prevSeq: extent == .bundle ? current?.bundleSeq ?? 0 : current?.prevSeq ?? 0)
  }

  /// Makes a publication the current view of its cluster.
  func publish(_ publication: Publication, at now: Timestamp) throws {
    let cluster = publication.cluster
    let current = try self.publication(of: cluster)
    try publication.requireWhole()
    try requireAllocated(publication)
    if current?.versions != publication.versions { try publication.requireNext(after: current?.versions) }
    for (role, bytes) in publication.metadata { try store(bytes, of: cluster, role, publication.versions[role]) }
    if let bundle = publication.bundle {
      try store(bundle, of: cluster, seq: publication.versions.bundleSeq)
    }
    guard current?.versions != publication.versions else { return }
    try setCurrent(publication, after: current, at: now)
    try forgetOldViews(of: cluster)
  }

  private func requireAllocated(_ publication: Publication) throws {
    let (highest, versions) = (try viewVersions(of: publication.cluster) ?? .none, publication.versions)
    guard versions.targets <= highest.targets, versions.snapshot <= highest.snapshot,
      versions.timestamp <= highest.timestamp, versions.bundleSeq <= highest.bundleSeq
    else { throw publication.conflict("its versions were not allocated") }
  }

  private func store(_ bytes: [UInt8], of cluster: ClusterUID, _ role: ViewRole, _ version: Int64) throws {
    if let stored = try metadata(of: cluster, role, version) {
      guard stored == bytes else {
        throw FleetError(
          .storeConflict, "version \(version) of \(role.rawValue) has other content",
          at: FleetError.Address(cluster: cluster.rawValue))
      }
      return
    }
    try run("INSERT INTO view_metadata VALUES (?, ?, ?, ?)", cluster, role, version, bytes)
  }

  private func store(_ bundle: Publication.NewBundle, of cluster: ClusterUID, seq: Int64) throws {
    let digest = Digest(of: bundle.bytes)
    let stored: Digest? = try value(
      "SELECT digest FROM bundles WHERE cluster = ? AND bundle_seq = ?", cluster, seq)
    guard stored == nil || stored == digest else {
      throw FleetError(
        .storeConflict, "bundle \(seq) has other content", at: FleetError.Address(cluster: cluster.rawValue))
    }
    guard stored == nil else { return }
    try run(
      "INSERT INTO bundles VALUES (?, ?, ?, ?, ?)", cluster, seq, digest, bundle.bytes, DigestList(bundle.blobs))
  }

  private func setCurrent(
    _ publication: Publication, after current: PublicationRecord?, at now: Timestamp
  ) throws {
    guard let bundle = publication.bundle.map({ Digest(of: $0.bytes) }) ?? current?.bundle else {
      throw publication.conflict("it has no bundle")
    }
    let versions = publication.versions
    let targetsAt = publication.metadata[.targets] == nil ? current?.targetsAt ?? now : now
    try run(
      "INSERT OR REPLACE INTO publications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", publication.cluster, versions.targets,
      versions.snapshot, versions.timestamp, versions.bundleSeq, versions.prevSeq, bundle, now, targetsAt)
  }

  private func forgetOldViews(of cluster: ClusterUID) throws {
    for role in ViewRole.allCases {
      try run(
        """
        DELETE FROM view_metadata WHERE cluster = ?1 AND role = ?2 AND version <= (SELECT version FROM view_metadata
        WHERE cluster = ?1 AND role = ?2 ORDER BY version DESC LIMIT 1 OFFSET ?3)
        """, cluster, role, PublicationLimits.keptViews)
    }
    try run(
      """
      DELETE FROM bundles WHERE cluster = ?1 AND bundle_seq <= (
        SELECT bundle_seq FROM bundles WHERE cluster = ?1 ORDER BY bundle_seq DESC LIMIT 1 OFFSET ?2)
      """, cluster, PublicationLimits.keptBundles)
  }
}

extension Publication {
  /// Refuses a publication that lacks a part: a role is always signed together with those that name it.
  fileprivate func requireWhole() throws(FleetError) {
    guard metadata[.timestamp] != nil else { throw conflict("it has no timestamp") }
    guard (metadata[.targets] == nil) == (metadata[.snapshot] == nil) else {
      throw conflict("targets and snapshot are renewed together")
    }
    guard bundle == nil || metadata[.targets] != nil else { throw conflict("a new bundle needs new targets") }
  }

  /// Refuses a publication that does not follow on what is current.
  fileprivate func requireNext(after current: PublicationVersions?) throws(FleetError) {
    let renewsTargets = metadata[.targets] != nil
    let (targets, snapshot) = (current?.targets ?? 0, current?.snapshot ?? 0)
    let follows =
      versions.timestamp > current?.timestamp ?? 0
      && (renewsTargets ? versions.targets > targets : versions.targets == targets)
      && (renewsTargets ? versions.snapshot > snapshot : versions.snapshot == snapshot)
      && (bundle == nil
        ? versions.bundleSeq == current?.bundleSeq && versions.prevSeq == current?.prevSeq
        : versions.bundleSeq > current?.bundleSeq ?? 0 && versions.prevSeq == current?.bundleSeq ?? 0)
    guard follows else { throw conflict("another publication came in between") }
  }

  fileprivate func conflict(_ reason: String) -> FleetError {
    FleetError(
      .storeConflict, "the publication is refused: \(reason)", at: FleetError.Address(cluster: cluster.rawValue))
  }
}
