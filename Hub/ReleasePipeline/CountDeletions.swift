import Digests
import FleetModel
import FleetStore
import Manifests
import Synchronization

/// What a release takes away from clusters, and which of it a person has to let go first.
///
/// Counted from everything that a cluster may have of the app by then: what it is assigned, and what rollouts under way
/// may still give it. Its agent has the last word: it deletes nothing guarded that is not named in its bundle.
struct DeletionCounter: Sendable {
  /// What is known and not stored: that of a commit which is only looked at.
  struct Unstored: Sendable {
    var contents: [AppDigest: AppContent] = [:]
    /// By manifest set.
    var objects: [Digest: [ObjectID]] = [:]
  }

  let store: any HubStore
  let lists: ObjectLists
  var unstored = Unstored()

  /// What else is desired on a cluster at the same commit, by app: what moves to another app does not go.
  typealias Others = [ClusterUID: [Digest]]

  /// The guarded deletions of every cluster that a release names; an empty list where there are none.
  ///
  /// - Parameters:
  ///   - possible: what each cluster may have of the app when it takes the release.
  func count(
    _ release: Release, _ possible: [ClusterUID: Set<AppDigest>], others: Others
  ) async throws(FleetError) -> [ClusterUID: [GuardedDeletion]] {
    let contents = try await self.contents(release, possible)
    let leaving = leavingReason(release, possible, contents)
    var result: [ClusterUID: [GuardedDeletion]] = [:]
    var memo: [Step: Loss] = [:]
    for (cluster, target) in release.clusters {
      let before = (possible[cluster] ?? []).subtracting([target])
      let step = Step(before: before, target: target)
      let loss: Loss
      if let known = memo[step] { loss = known } else { loss = try await self.loss(step, contents) }
      memo[step] = loss
      result[cluster] = try await guarded(loss, others: others[cluster] ?? [], leaving: leaving)
    }
    return result
  }

  private struct Step: Hashable {
    var before: Set<AppDigest>
    var target: AppDigest
  }

  /// What a step drops of an app, before anybody asks whether another app wants it.
  private struct Loss {
    var gone: [ObjectID] = []
    /// How many objects the app had at most.
    var owned = 0
    var isLeaving = false
    var isEmptied = false
  }

  private func contents(
    _ release: Release, _ possible: [ClusterUID: Set<AppDigest>]
  ) async throws(FleetError) -> [AppDigest: AppContent] {
    var wanted = Set(release.clusters.values)
    for cluster in release.clusters.keys { wanted.formUnion(possible[cluster] ?? []) }
    var contents = unstored.contents.filter { wanted.contains($0.key) }
    wanted.subtract(contents.keys)
    for (digest, bytes) in try await store.contents(of: wanted) {
      contents[digest] = try AppContent(canonicalBytes: bytes, file: digest.description)
    }
    return contents
  }

  private func objects(of manifests: Digest) async throws(FleetError) -> Set<ObjectID> {
    if let known = unstored.objects[manifests] { return Set(known) }
    return try await lists.objects(of: manifests, in: store)
  }

  private func loss(_ step: Step, _ contents: [AppDigest: AppContent]) async throws(FleetError) -> Loss {
    var loss = Loss()
    var stays: Set<ObjectID> = []
    switch contents[step.target] {
    case .present(_, let manifests, let policy):
      guard policy.prune else { return loss }
      stays = try await objects(of: manifests)
      loss.isEmptied = stays.isEmpty
    case .absent(_, .prune): loss.isLeaving = true
    case .absent(_, .orphan), nil: return loss
    }
    var gone: Set<ObjectID> = []
    for digest in step.before {
      guard case .present(_, let manifests, _)? = contents[digest] else { continue }
      let had = try await objects(of: manifests)
      loss.owned = max(loss.owned, had.count)
      gone.formUnion(had.subtracting(stays))
    }
    loss.gone = gone.sorted()
    return loss
  }

  private func guarded(
    _ loss: Loss, others: [Digest], leaving: String?
  ) async throws(FleetError) -> [GuardedDeletion] {
    guard !loss.gone.isEmpty else { return [] }
    var gone = loss.gone
    for manifests in others {
      let wanted = try await objects(of: manifests)
      gone.removeAll { wanted.contains($0) }
    }
    let whole = loss.isLeaving ? leaving : loss.isEmptied ? DeletionGuards.emptyReason : nil
    let mass = whole ?? DeletionGuards.massReason(gone.count, of: loss.owned)
    return gone.compactMap { id in
      (DeletionGuards.reason(for: id) ?? mass).map { GuardedDeletion(object: id.description, reason: $0) }
    }
  }

  /// Why an app may not leave clusters unasked, if it leaves too many of those that have it.
  private func leavingReason(
    _ release: Release, _ possible: [ClusterUID: Set<AppDigest>], _ contents: [AppDigest: AppContent]
  ) -> String? {
    func isPresent(_ digest: AppDigest) -> Bool { if case .present? = contents[digest] { true } else { false } }
    func isPruned(_ digest: AppDigest) -> Bool {
      if case .absent(_, .prune)? = contents[digest] { true } else { false }
    }
    let having = release.clusters.filter { possible[$0.key]?.contains(where: isPresent) == true }
    return DeletionGuards.leavingReason(having.count { isPruned($0.value) }, of: having.count)
  }
}

/// Which objects manifest sets are of. A set never changes, so what was read once is known.
final class ObjectLists: Sendable {
  /// Sets that are remembered; some kilobytes each.
  private static let limit = 4096

  private let known = Mutex<[Digest: Set<ObjectID>]>([:])

  /// Empty for a set that is not stored any longer: nothing can be said of it.
  func objects(of manifests: Digest, in store: any HubStore) async throws(FleetError) -> Set<ObjectID> {
    if let known = known.withLock({ $0[manifests] }) { return known }
    guard let bytes = try await store.blob(manifests) else { return [] }
    let set = try ManifestSet(canonicalBytes: bytes, file: manifests.description)
    let objects = Set(set.manifests.map(\.id))
    keep(objects, of: manifests)
    return objects
  }

  private func keep(_ objects: Set<ObjectID>, of manifests: Digest) {
    known.withLock { known in
      if known.count >= ObjectLists.limit { known.removeAll(keepingCapacity: true) }
      known[manifests] = objects
    }
  }
}
