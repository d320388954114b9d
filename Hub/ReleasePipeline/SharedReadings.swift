import Digests
import FleetModel
import FleetStore
import Manifests
import RolloutEngine

/// What the bundles of many clusters rest on, each read once: most of a fleet shares its releases, and one alone lists all
/// of its clusters.
struct SharedReadings {
  /// nil for one that is not stored by itself.
  private var releases: [ReleaseDigest: String?] = [:]
  private var rollouts: [String: String?] = [:]
  private var contents: [AppDigest: AppContent] = [:]
  private var lengths: [Digest: Int] = [:]
  /// By commit.
  private var committers: [String: String] = [:]

  /// The commit that an assignment is of; nil when nothing says so.
  ///
  /// A rollout that follows for clusters that joined is of a release that the engine put together and nobody rendered,
  /// so it is not stored by itself; its rollout is.
  mutating func commit(of assignment: Assignment, in store: any HubStore) async throws(FleetError) -> String? {
    if let known = releases[assignment.release] ?? nil { return known }
    if releases[assignment.release] == nil {
      let commit = try await store.release(assignment.release)?.commit
      releases[assignment.release] = .some(commit)
      if let commit { return commit }
    }
    if let known = rollouts[assignment.rollout] { return known }
    let commit = try await store.rollout(assignment.rollout).map { record throws(FleetError) in
      try RolloutStatus(record: record).commit
    }
    rollouts[assignment.rollout] = .some(commit)
    return commit
  }

  /// Reads what these stand for, all that is not known yet at once.
  mutating func read(_ digests: Set<AppDigest>, in store: any HubStore) async throws(FleetError) {
    let unknown = digests.filter { contents[$0] == nil }
    guard !unknown.isEmpty else { return }
    for (digest, bytes) in try await store.contents(of: unknown) {
      contents[digest] = try AppContent(canonicalBytes: bytes, file: digest.description)
    }
  }

  /// What was read before.
  func content(of assignment: Assignment) throws(FleetError) -> AppContent {
    guard let content = contents[assignment.digest] else {
      throw FleetError(.storeDamaged, "what is assigned is not stored", at: .init(app: assignment.app))
    }
    return content
  }

  mutating func length(of manifests: Digest, app: String, in store: any HubStore) async throws(FleetError) -> Int {
    if let known = lengths[manifests] { return known }
    guard let length = try await store.blobLength(manifests) else {
      throw FleetError(.storeDamaged, "the manifests of what is assigned are not stored", at: .init(app: app))
    }
    lengths[manifests] = length
    return length
  }

  /// Empty where nobody knows.
  mutating func committer(of commit: String, in store: any HubStore) async throws(FleetError) -> String {
    if let known = committers[commit] { return known }
    let committer = try await store.observedCommit(commit)?.committer ?? ""
    committers[commit] = committer
    return committer
  }
}
