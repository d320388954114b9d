import Digests
import FleetModel
import FleetStore
import Manifests

// Every call of the store, handed on as long as the hub lives.

extension FaultyStore {
  func fleetIdentity() async throws(FleetError) -> FleetIdentity? {
    try await read { store throws(FleetError) in try await store.fleetIdentity() }
  }

  func establishFleet(_ identity: FleetIdentity, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.establishFleet(identity, trail: trail) }
  }

  func hubSetting(_ name: String) async throws(FleetError) -> [UInt8]? {
    try await read { store throws(FleetError) in try await store.hubSetting(name) }
  }

  func setHubSetting(_ name: String, to value: [UInt8]?, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.setHubSetting(name, to: value, trail: trail) }
  }
}

extension FaultyStore {
  func cluster(_ uid: ClusterUID) async throws(FleetError) -> ClusterRecord? {
    try await read { store throws(FleetError) in try await store.cluster(uid) }
  }

  func clusters(_ uids: [ClusterUID]) async throws(FleetError) -> [ClusterUID: ClusterRecord] {
    try await read { store throws(FleetError) in try await store.clusters(uids) }
  }

  func cluster(named name: String) async throws(FleetError) -> ClusterRecord? {
    try await read { store throws(FleetError) in try await store.cluster(named: name) }
  }

  func clusters() async throws(FleetError) -> [ClusterRecord] {
    try await read { store throws(FleetError) in try await store.clusters() }
  }

  func registerCluster(_ cluster: DeclaredCluster, name: String, at now: Timestamp, trail: Trail)
    async throws(FleetError) -> ClusterRecord
  {
    try await write { store throws(FleetError) in
      try await store.registerCluster(cluster, name: name, at: now, trail: trail)
    }
  }

  func updateDeclared(_ clusters: [DeclaredCluster], at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.updateDeclared(clusters, at: now, trail: trail) }
  }

  func approveCluster(_ uid: ClusterUID, key: Digest, at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.approveCluster(uid, key: key, at: now, trail: trail) }
  }

  func revokeCluster(_ uid: ClusterUID, identity: String, at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in
      try await store.revokeCluster(uid, identity: identity, at: now, trail: trail)
    }
  }
}

extension FaultyStore {
  func saveToken(_ token: JoinToken, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveToken(token, trail: trail) }
  }

  func joinToken(_ id: String) async throws(FleetError) -> JoinToken? {
    try await read { store throws(FleetError) in try await store.joinToken(id) }
  }

  func redeemToken(_ redemption: TokenRedemption, trail: Trail) async throws(FleetError) -> RedeemedToken {
    try await write { store throws(FleetError) in try await store.redeemToken(redemption, trail: trail) }
  }

  func waitingKey(of cluster: ClusterUID) async throws(FleetError) -> Digest? {
    try await read { store throws(FleetError) in try await store.waitingKey(of: cluster) }
  }

  func completeEnrollment(_ enrollment: Enrollment, trail: Trail) async throws(FleetError) -> [UInt8] {
    try await write { store throws(FleetError) in try await store.completeEnrollment(enrollment, trail: trail) }
  }

  func saveChallenge(_ challenge: Challenge) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveChallenge(challenge) }
  }

  func consumeChallenge(_ nonce: [UInt8], at now: Timestamp) async throws(FleetError) -> ClusterUID? {
    try await write { store throws(FleetError) in try await store.consumeChallenge(nonce, at: now) }
  }
}

extension FaultyStore {
  func recordCertificate(_ certificate: CertificateRecord, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.recordCertificate(certificate, trail: trail) }
  }

  func certificate(serial: String) async throws(FleetError) -> CertificateRecord? {
    try await read { store throws(FleetError) in try await store.certificate(serial: serial) }
  }

  func certificates(of identity: String) async throws(FleetError) -> [CertificateRecord] {
    try await read { store throws(FleetError) in try await store.certificates(of: identity) }
  }

  func revokeCertificates(of identity: String, at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in
      try await store.revokeCertificates(of: identity, at: now, trail: trail)
    }
  }

  func denylist() async throws(FleetError) -> Denylist {
    try await read { store throws(FleetError) in try await store.denylist() }
  }

  func denylistRevision() async throws(FleetError) -> Int64 {
    try await read { store throws(FleetError) in try await store.denylistRevision() }
  }
}

extension FaultyStore {
  func operators() async throws(FleetError) -> [OperatorRecord] {
    try await read { store throws(FleetError) in try await store.operators() }
  }

  func operatorRecord(named name: String) async throws(FleetError) -> OperatorRecord? {
    try await read { store throws(FleetError) in try await store.operatorRecord(named: name) }
  }

  func saveOperator(_ record: OperatorRecord, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveOperator(record, trail: trail) }
  }

  func addOperator(
    _ record: OperatorRecord, certificate: CertificateRecord, trail: Trail
  ) async throws(FleetError) {
    try await write { store throws(FleetError) in
      try await store.addOperator(record, certificate: certificate, trail: trail)
    }
  }

  func renewOperator(named name: String, certificate: CertificateRecord, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in
      try await store.renewOperator(named: name, certificate: certificate, trail: trail)
    }
  }

  func removeOperator(named name: String, identity: String, at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in
      try await store.removeOperator(named: name, identity: identity, at: now, trail: trail)
    }
  }
}

extension FaultyStore {
  func recordObservation(_ observation: SourceObservation, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.recordObservation(observation, trail: trail) }
  }

  func latestCommit() async throws(FleetError) -> ObservedCommit? {
    try await read { store throws(FleetError) in try await store.latestCommit() }
  }

  func observedCommit(_ id: String) async throws(FleetError) -> ObservedCommit? {
    try await read { store throws(FleetError) in try await store.observedCommit(id) }
  }

  func observedCommits(limit: Int) async throws(FleetError) -> [ObservedCommit] {
    try await read { store throws(FleetError) in try await store.observedCommits(limit: limit) }
  }

  func declarations() async throws(FleetError) -> [DeclarationFile] {
    try await read { store throws(FleetError) in try await store.declarations() }
  }

  func setErrors(_ errors: [FleetError], in scope: ErrorScope, at now: Timestamp) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.setErrors(errors, in: scope, at: now) }
  }

  func currentErrors() async throws(FleetError) -> [StandingError] {
    try await read { store throws(FleetError) in try await store.currentErrors() }
  }
}

extension FaultyStore {
  func saveBlobs(_ blobs: [[UInt8]]) async throws(FleetError) -> [Digest] {
    try await write { store throws(FleetError) in try await store.saveBlobs(blobs) }
  }

  func blob(_ digest: Digest) async throws(FleetError) -> [UInt8]? {
    try await read { store throws(FleetError) in try await store.blob(digest) }
  }

  func blobPart(_ digest: Digest, offset: Int, count: Int) async throws(FleetError) -> [UInt8]? {
    try await read { store throws(FleetError) in try await store.blobPart(digest, offset: offset, count: count) }
  }

  func blobLength(_ digest: Digest) async throws(FleetError) -> Int? {
    try await read { store throws(FleetError) in try await store.blobLength(digest) }
  }

  func storedBlobs() async throws(FleetError) -> Set<Digest> {
    try await read { store throws(FleetError) in try await store.storedBlobs() }
  }
  func removeBlobs(_ digests: [Digest]) async throws(FleetError) -> Int {
    try await write { store throws(FleetError) in try await store.removeBlobs(digests) }
  }
  func releases(since instant: Timestamp, andOfEachApp count: Int) async throws(FleetError) -> [ReleaseDigest] {
    try await read { store throws(FleetError) in try await store.releases(since: instant, andOfEachApp: count) }
  }
  func renderKeys() async throws(FleetError) -> Set<Digest> {
    try await read { store throws(FleetError) in try await store.renderKeys() }
  }
  func removeRenders(_ keys: [Digest]) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.removeRenders(keys) }
  }
  func blobsOfBundles() async throws(FleetError) -> Set<Digest> {
    try await read { store throws(FleetError) in try await store.blobsOfBundles() }
  }
  func missingBlobs(of digests: [Digest]) async throws(FleetError) -> [Digest] {
    try await read { store throws(FleetError) in try await store.missingBlobs(of: digests) }
  }
}

extension FaultyStore {
  func saveGuardedDeletions(_ deletions: [Takeover: [GuardedDeletion]]) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveGuardedDeletions(deletions) }
  }

  func guardedDeletions(of takeovers: [Takeover]) async throws(FleetError) -> [Takeover: [GuardedDeletion]] {
    try await read { store throws(FleetError) in try await store.guardedDeletions(of: takeovers) }
  }
}

extension FaultyStore {
  func saveContents(_ contents: [AppDigest: [UInt8]]) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveContents(contents) }
  }

  func contents(of digests: Set<AppDigest>) async throws(FleetError) -> [AppDigest: [UInt8]] {
    try await read { store throws(FleetError) in try await store.contents(of: digests) }
  }

  func saveRelease(_ release: ReleaseRecord, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveRelease(release, trail: trail) }
  }

  func release(_ digest: ReleaseDigest) async throws(FleetError) -> ReleaseRecord? {
    try await read { store throws(FleetError) in try await store.release(digest) }
  }

  func releases(of app: String, limit: Int) async throws(FleetError) -> [ReleaseRecord] {
    try await read { store throws(FleetError) in try await store.releases(of: app, limit: limit) }
  }

  func saveRenders(_ renders: [CachedRender]) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveRenders(renders) }
  }

  func cachedRenders(_ keys: [Digest]) async throws(FleetError) -> [Digest: CachedRender] {
    try await read { store throws(FleetError) in try await store.cachedRenders(keys) }
  }
}

extension FaultyStore {
  func advanceRollouts(_ step: RolloutStep) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.advanceRollouts(step) }
  }

  func rolloutLog(after number: Int64, limit: Int) async throws(FleetError) -> [RolloutLogRecord] {
    try await read { store throws(FleetError) in try await store.rolloutLog(after: number, limit: limit) }
  }

  func rolloutLog(of rollout: String, after number: Int64, limit: Int) async throws(FleetError) -> [RolloutLogRecord] {
    try await read { store throws(FleetError) in try await store.rolloutLog(of: rollout, after: number, limit: limit) }
  }

  func saveSnapshot(_ snapshot: EngineSnapshot) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveSnapshot(snapshot) }
  }

  func latestSnapshot() async throws(FleetError) -> EngineSnapshot? {
    try await read { store throws(FleetError) in try await store.latestSnapshot() }
  }

  func rollout(_ id: String) async throws(FleetError) -> RolloutRecord? {
    try await read { store throws(FleetError) in try await store.rollout(id) }
  }

  func rollouts(of app: String?, limit: Int) async throws(FleetError) -> [RolloutRecord] {
    try await read { store throws(FleetError) in try await store.rollouts(of: app, limit: limit) }
  }

  func assignments() async throws(FleetError) -> [Assignment] {
    try await read { store throws(FleetError) in try await store.assignments() }
  }

  func assignments(of clusters: [ClusterUID]) async throws(FleetError) -> [ClusterUID: [Assignment]] {
    try await read { store throws(FleetError) in try await store.assignments(of: clusters) }
  }

  func assignments(ofApp app: String) async throws(FleetError) -> [Assignment] {
    try await read { store throws(FleetError) in try await store.assignments(ofApp: app) }
  }
}

extension FaultyStore {
  func allocateVersions(_ requests: [ClusterUID: PublicationExtent]) async throws(FleetError) -> [ClusterUID:
    PublicationVersions]
  {
    try await write { store throws(FleetError) in try await store.allocateVersions(requests) }
  }

  func publish(_ publications: [Publication], at now: Timestamp, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.publish(publications, at: now, trail: trail) }
  }

  func forgetHistory(_ scope: HistoryScope, limit: Int) async throws(FleetError) -> ForgottenHistory {
    try await write { store throws(FleetError) in try await store.forgetHistory(scope, limit: limit) }
  }

  func setVersionsAhead(by count: Int64, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.setVersionsAhead(by: count, trail: trail) }
  }

  func overtakenPublications() async throws(FleetError) -> Set<ClusterUID> {
    try await read { store throws(FleetError) in try await store.overtakenPublications() }
  }

  func publication(of cluster: ClusterUID) async throws(FleetError) -> PublicationRecord? {
    try await read { store throws(FleetError) in try await store.publication(of: cluster) }
  }

  func publications() async throws(FleetError) -> [PublicationRecord] {
    try await read { store throws(FleetError) in try await store.publications() }
  }

  func metadata(of cluster: ClusterUID, _ role: ViewRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    try await read { store throws(FleetError) in try await store.metadata(of: cluster, role, version: version) }
  }

  func view(of cluster: ClusterUID, after root: Int64, held: Digest?) async throws(FleetError) -> PublishedView? {
    try await read { store throws(FleetError) in try await store.view(of: cluster, after: root, held: held) }
  }

  func publishedBundle(of cluster: ClusterUID) async throws(FleetError) -> PublishedBundle? {
    try await read { store throws(FleetError) in try await store.publishedBundle(of: cluster) }
  }

  func bundles(of cluster: ClusterUID) async throws(FleetError) -> [[UInt8]] {
    try await read { store throws(FleetError) in try await store.bundles(of: cluster) }
  }

  func bundle(of cluster: ClusterUID, _ digest: Digest) async throws(FleetError) -> [UInt8]? {
    try await read { store throws(FleetError) in try await store.bundle(of: cluster, digest) }
  }

  func readableBlobs(of cluster: ClusterUID) async throws(FleetError) -> Set<Digest> {
    try await read { store throws(FleetError) in try await store.readableBlobs(of: cluster) }
  }

  func saveRoot(_ bytes: [UInt8], version: Int64, trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.saveRoot(bytes, version: version, trail: trail) }
  }

  func root(version: Int64?) async throws(FleetError) -> RootRecord? {
    try await read { store throws(FleetError) in try await store.root(version: version) }
  }
}

extension FaultyStore {
  func recordReport(_ report: VerifiedReport) async throws(FleetError) -> ReportOutcome {
    try await write { store throws(FleetError) in try await store.recordReport(report) }
  }

  func recordStates(_ apps: [Report.App], of cluster: ClusterUID, at now: Timestamp) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.recordStates(apps, of: cluster, at: now) }
  }

  func latestReport(of cluster: ClusterUID) async throws(FleetError) -> StoredReport? {
    try await read { store throws(FleetError) in try await store.latestReport(of: cluster) }
  }

  func reports(of cluster: ClusterUID) async throws(FleetError) -> [StoredReport] {
    try await read { store throws(FleetError) in try await store.reports(of: cluster) }
  }

  func observedApps(of cluster: ClusterUID) async throws(FleetError) -> [ObservedApp] {
    try await read { store throws(FleetError) in try await store.observedApps(of: cluster) }
  }

  func observedApps(ofApp app: String) async throws(FleetError) -> [ObservedApp] {
    try await read { store throws(FleetError) in try await store.observedApps(ofApp: app) }
  }

  func observedApps() async throws(FleetError) -> [ObservedApp] {
    try await read { store throws(FleetError) in try await store.observedApps() }
  }

  func recordPresence(_ presences: [Presence]) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.recordPresence(presences) }
  }

  func presences() async throws(FleetError) -> [Presence] {
    try await read { store throws(FleetError) in try await store.presences() }
  }
}

extension FaultyStore {
  func record(_ trail: Trail) async throws(FleetError) {
    try await write { store throws(FleetError) in try await store.record(trail) }
  }

  func auditRecords(after number: Int64, limit: Int) async throws(FleetError) -> [AuditRecord] {
    try await read { store throws(FleetError) in try await store.auditRecords(after: number, limit: limit) }
  }

  func auditRecords(_ query: AuditQuery) async throws(FleetError) -> [AuditRecord] {
    try await read { store throws(FleetError) in try await store.auditRecords(query) }
  }

  func verifyAudit() async throws(FleetError) -> AuditChain.Head? {
    try await read { store throws(FleetError) in try await store.verifyAudit() }
  }

  func events(_ query: EventQuery) async throws(FleetError) -> [StoredEvent] {
    try await read { store throws(FleetError) in try await store.events(query) }
  }
}
