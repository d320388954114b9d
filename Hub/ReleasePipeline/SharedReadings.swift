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

  mutating func content(of assignment: Assignment, in store: any HubStore) async throws(FleetError) -> AppContent {
    if let known = contents[assignment.digest] { return known }
    guard let bytes = try await store.contents(of: [assignment.digest])[assignment.digest] else {
      throw FleetError(.storeDamaged, "what is assigned is not stored", at: .init(app: assignment.app))
    }
    let content = try AppContent(canonicalBytes: bytes, file: assignment.digest.description)
    contents[assignment.digest] = content
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
