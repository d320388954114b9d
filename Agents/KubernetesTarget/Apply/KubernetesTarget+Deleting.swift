public import AgentCore
import Manifests

/// Deleting what the agent owns, and nothing else.
extension KubernetesTarget {
  /// What a deletion comes to.
  private enum Deletion {
    /// It is gone, or was never the agent's.
    case gone
    /// It lives on by its own wish, or belongs to somebody else by now: only forgotten.
    case kept
    case failed(APIFailure)
  }

  public func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome] {
    var outcomes: [ObjectOutcome] = []
    for object in objects {
      let deletion = await deleteOne(object)
      switch deletion {
      case .gone: outcomes.append(await forget(object, .deleted))
      case .kept: outcomes.append(await forget(object, .unchanged))
      case .failed(let failure):
        outcomes.append(ObjectOutcome(id: object.id, result: failure.outcome(of: object.id, app: object.app)))
      }
    }
    return outcomes
  }

  private func forget(_ object: OwnedObject, _ result: ObjectOutcome.Result) async -> ObjectOutcome {
    do throws(APIFailure) {
      try await inventory.remove([object.id], from: object.app)
      return ObjectOutcome(id: object.id, result: result)
    } catch {
      return ObjectOutcome(id: object.id, result: error.outcome(of: object.id, app: object.app))
    }
  }

  private func deleteOne(_ object: OwnedObject) async -> Deletion {
    do throws(APIFailure) {
      guard let resource = try await kind(of: object.id) else { return .gone }
      let id = object.id.filed(under: resource)
      let before = try await client.get(resource, id)
      guard Ownership.app(of: before) == object.app, !Ownership.keepsFromPruning(before) else { return .kept }
      let uid = before[path: "metadata", "uid"]?.string ?? ""
      return await live.writing(id) { await self.remove(resource, id, uid) }
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

  private func remove(_ resource: APIResource, _ id: ObjectID, _ uid: String) async -> Deletion {
    do throws(APIFailure) {
      try await client.delete(resource, id, uid: uid)
      let end = ContinuousClock.now + settings.deletionDeadline
      var pause = Duration.milliseconds(10)
      while !Task.isCancelled {
        let left = try await client.get(resource, id)
        // Another one of this name was made meanwhile: it is not the one that was to go.
        guard left[path: "metadata", "uid"]?.string == uid else { return .gone }
        guard ContinuousClock.now < end else { throw waiting(left) }
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(1))
      }
      throw client.failure(.cancelled, "the deletion was given up", nil)
    } catch {
      guard error.kind == .notFound else { return .failed(error) }
      live.forget(id)
      return .gone
    }
  }

  private func waiting(_ left: Value) -> APIFailure {
    let finalizers = (left[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string)
    return client.failure(
      .namespaceTerminating, "is being deleted and waits for \(finalizers.joined(separator: ", "))", nil)
  }
}
