public import AgentCore
import Manifests

/// Deleting what the agent owns, and nothing else.
extension KubernetesTarget {
  /// What a deletion comes to.
  fileprivate enum Deletion {
    /// It is gone, or was never the agent's.
    case gone
    /// It lives on by its own wish, or belongs to somebody else by now: only forgotten.
    case kept
    case failed(APIFailure)
    /// The server was told; whether it is gone remains to be seen.
    case started(APIResource, ObjectID, uid: String)
  }

  public func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome] {
    if let refusal = await refusal {
      return objects.map { ObjectOutcome(id: $0.id, result: refusal.outcome(of: $0.id, app: $0.app)) }
    }
    var results: [Deletion] = []
    var isHeldUp = false
    for batch in objects.chunkedByStage {
      guard !isHeldUp else {
        let failure = client.failure(.namespaceTerminating, "waits until what was applied after it is gone", nil)
        results += batch.map { _ in .failed(failure) }
        continue
      }
      let done = await delete(batch: batch)
      isHeldUp = done.contains { if case .failed = $0 { true } else { false } }
      results += done
    }
    return await forget(zip(objects, results))
  }

  /// Deletes objects that do not need each other, and waits until they are gone.
  private func delete(batch: [OwnedObject]) async -> [Deletion] {
    var results: [Deletion] = []
    var silence = Silence()
    for object in batch {
      if let failure = silence.failure {
        results.append(.failed(failure))
        continue
      }
      let begun = await start(object)
      silence.heard(begun.answer)
      results.append(begun)
    }
    let end = ContinuousClock.now + settings.deletionDeadline
    for (index, result) in results.enumerated() {
      guard case .started(let resource, let id, let uid) = result else { continue }
      let client = writer(for: batch[index].app)
      results[index] = await live.writing(id) { await self.awaitEnd(of: resource, id, uid, until: end, client) }
    }
    return results
  }

  /// Drops from the inventory what is not the agent's any longer, with one write an app.
  private func forget(_ done: some Sequence<(OwnedObject, Deletion)>) async -> [ObjectOutcome] {
    var dropped: [String: Set<ObjectID>] = [:]
    for (object, deletion) in done where deletion.endsOwnership { dropped[object.app, default: []].insert(object.id) }
    var failures: [String: APIFailure] = [:]
    for (app, ids) in dropped {
      do throws(APIFailure) {
        try await inventory.remove(ids, from: app)
      } catch {
        failures[app] = error
      }
    }
    return done.map { object, deletion in
      ObjectOutcome(id: object.id, result: deletion.result(of: object, unforgotten: failures[object.app]))
    }
  }

  private func start(_ object: OwnedObject) async -> Deletion {
    let client = writer(for: object.app)
    do throws(APIFailure) {
      guard let resource = try await kind(of: object.id) else { return .gone }
      let id = object.id.filed(under: resource)
      let before = try await client.get(resource, id)
      guard Ownership.app(of: before) == object.app, !Ownership.keepsFromPruning(before) else { return .kept }
      let uid = before[path: "metadata", "uid"]?.string ?? ""
      live.forget(id)
      try await client.delete(resource, id, uid: uid)
      return .started(resource, id, uid: uid)
    } catch {
      return error.kind == .notFound ? .gone : .failed(error)
    }
  }

  /// The kind; nil when it is not served any longer, for then nothing of it is left.
  private func kind(of id: ObjectID) async throws(APIFailure) -> APIResource? {
    if let known = try await discovery.catalog().resource(group: id.group, kind: id.kind) { return known }
    let catalog = try await discovery.refresh()
    if catalog.isStale(group: id.group) {
      throw client.failure(.serverFailure, "the server of group \(id.group) does not answer", nil)
    }
    return catalog.resource(group: id.group, kind: id.kind)
  }

  private func awaitEnd(
    of resource: APIResource, _ id: ObjectID, _ uid: String, until end: ContinuousClock.Instant, _ client: APIClient
  ) async -> Deletion {
    do throws(APIFailure) {
      try await client.awaitEnd(of: resource, id, uid: uid, until: end)
      live.forget(id)
      return .gone
    } catch {
      live.forget(id)
      return .failed(error)
    }
  }
}

extension KubernetesTarget.Deletion {
  fileprivate var answer: Result<Void, APIFailure> {
    if case .failed(let failure) = self { .failure(failure) } else { .success(()) }
  }

  fileprivate var endsOwnership: Bool {
    switch self {
    case .gone, .kept: true
    case .failed, .started: false
    }
  }

  /// - Parameter unforgotten: why the inventory still lists it, if it does.
  fileprivate func result(of object: OwnedObject, unforgotten: APIFailure?) -> ObjectOutcome.Result {
    switch self {
    case .failed(let failure): failure.outcome(of: object.id, app: object.app)
    case .gone: unforgotten?.outcome(of: object.id, app: object.app) ?? .deleted
    case .kept, .started: unforgotten?.outcome(of: object.id, app: object.app) ?? .unchanged
    }
  }
}

extension [OwnedObject] {
  /// The objects in runs of those that were applied at once, in their order.
  fileprivate var chunkedByStage: [[OwnedObject]] {
    reduce(into: []) { runs, object in
      if let last = runs.last?.last, ApplyStage.rank(of: last.id) == ApplyStage.rank(of: object.id) {
        runs[runs.count - 1].append(object)
      } else {
        runs.append([object])
      }
    }
  }
}
