public import AgentCore
public import FleetModel
public import Logging
public import Manifests

/// Applies to a Kubernetes API server, by server-side apply with one field manager, and watches what it applied.
public final class KubernetesTarget: ApplyTarget {
  public struct Settings: Sendable {
    /// Where the inventory is kept.
    public var namespace = "flotilla-system"
    /// The only namespaces in which objects are managed; none: everywhere.
    public var namespaces: [String] = []
    /// As whom each app's objects are written and deleted; nil: as the agent itself. Everything is read, and the
    /// inventory kept, as the agent itself.
    public var accounts: AppAccounts?
    /// How long a first look at the cluster may take before an app is applied without it.
    public var settleTime = Duration.seconds(10)
    /// How long a definition may take until its kind is served.
    public var definitionDeadline = Duration.seconds(10)
    /// How long a deletion is waited for before it counts as not done yet.
    public var deletionDeadline = Duration.seconds(5)
    /// When what is beneath an unwell object is read, and how often while it stays so: first after so long that most
    /// rollouts need none, and seldom once its trouble is known.
    public var inquiry = RetrySchedule(first: .seconds(1), longest: .seconds(30))

    /// Who the agent is to others of the same cluster: with it nothing is written without a Lease in `namespace`.
    public var holder: LeaseHolder?
    /// For how long the Lease counts without being renewed, which is done three times as often: two tries may fail. As
    /// long is waited before an agent that is gone is succeeded by another one; the same one after a restart does not.
    /// A minute, because renewing is most of what an idle agent asks of its server.
    public var leaseDuration = Duration.seconds(60)

    public init() {}
  }

  public let kind = "kubernetes"
  public let client: APIClient
  let settings: Settings
  let discovery: Discovery
  let inventory: InventoryStore
  let live: LiveObjects
  let applier: ObjectApplier
  let judge: HealthJudge
  let inquiries: Inquiries
  let expectations = Expectations()
  private let versionKnown = ServerVersion()
  let watches: WatchSet
  /// nil where nobody else can be there.
  private let lease: WriteLease?
  let now: @Sendable () -> Timestamp

  public init(
    client: APIClient, settings: Settings = Settings(), logger: Logger, now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> Double
  ) {
    self.client = client
    self.settings = settings
    self.now = now
    judge = HealthJudge(now: now)
    let reach = Reach(namespaces: settings.namespaces)
    live = LiveObjects(judge: judge, reach: reach)
    lease = settings.holder.map {
      WriteLease(
        client: client, namespace: settings.namespace, holder: $0, duration: settings.leaseDuration, now: now)
    }
    inquiries = Inquiries(schedule: settings.inquiry, now: now, random: random)
    discovery = Discovery(client: client)
    inventory = InventoryStore(client: client, namespace: settings.namespace)
    watches = WatchSet(client: client, live: live, reach: reach, logger: logger, now: now)
    applier = ObjectApplier(
      client: client, discovery: discovery, live: live, watches: watches, reach: reach, logger: logger,
      deletionDeadline: settings.deletionDeadline)
  }

  public func serverVersion() async -> String {
    await versionKnown.value(at: now()) {
      var request = APIRequest(.get, kind: "", path: "/version")
      // A report does not wait for a server that is busy or silent.
      request.isUrgent = true
      request.deadline = ServerVersion.patience
      guard let answer = try? await self.client.send(request), let value = try? self.client.value(answer, of: request)
      else { return nil }
      return String((value["gitVersion"]?.string ?? "").prefix(64))
    }
  }

  /// How many kinds are watched, and how many more should be but cannot be now.
  public var watchCounts: (open: Int, interrupted: Int) { watches.counts }

  public func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError) {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.inquiries.run { await self.lookCloser(at: $0, changed) } }
      if let lease {
        group.addTask {
          await lease.run(prepare: { await self.inventory.readAgain() }, turned: { changed(.everything) })
        }
      }
      await watches.run(changed)
      group.cancelAll()
    }
  }

  // MARK: Applying

  public func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome] {
    judge.learn(app)
    let ids = app.manifests.manifests.map(\.id)
    if let refusal = await refusal { return ids.map { outcome(of: $0, .failure(refusal), app) } }
    var new: Set<ObjectID> = []
    do throws(APIFailure) {
      if mode == .enforce { new = try await inventory.add(ids, to: app.name) }
    } catch {
      return ids.map { outcome(of: $0, .failure(error), app) }
    }
    let payloads = app.manifests.manifests.map { ApplyPayload($0, app: app.name) }
    var results: [ObjectID: Result<ObjectOutcome, APIFailure>] = [:]
    for stage in ApplyStage.stages(of: payloads) {
      let done = await apply(stage, of: app, mode, new)
      if stage.definesKinds, mode == .enforce { await awaitKinds(of: stage, done) }
      results.merge(done) { $1 }
    }
    let outcomes = ids.map { outcome(of: $0, results[$0], app) }
    if mode == .enforce, outcomes.allSatisfy({ !$0.result.isFailure }) { await takeOver(Set(ids), app) }
    return outcomes
  }

  /// Why nothing may be written; nil when it may.
  var refusal: APIFailure? { get async { await lease?.refusal(waitingAtMost: settings.settleTime) } }

  /// Why nothing may be written, as far as it is known now.
  var knownRefusal: APIFailure? { lease?.refusal }

  private func apply(
    _ stage: ApplyStage, of app: DesiredApp, _ mode: ApplyMode, _ new: Set<ObjectID>
  ) async -> [ObjectID: Result<ObjectOutcome, APIFailure>] {
    var results: [ObjectID: Result<ObjectOutcome, APIFailure>] = [:]
    var placed: [(payload: ApplyPayload, place: ObjectApplier.Place)] = []
    for payload in stage.payloads {
      do throws(APIFailure) {
        placed.append((payload, try await applier.place(payload, for: app.name)))
      } catch {
        results[payload.id] = .failure(error)
      }
    }
    await watches.settle(Set(placed.map(\.place.resource.qualifiedName)), atMost: settings.settleTime)
    await withTaskGroup { group in
      var waiting = placed[...]
      var silence = Silence()
      for _ in 0..<ApplyStage.objectsAtOnce {
        guard let (payload, place) = waiting.popFirst() else { break }
        group.addTask { (payload.id, await self.apply(payload, place, app, mode, new.contains(payload.id))) }
      }
      for await (id, result) in group {
        results[id] = result
        silence.heard(result)
        if let failure = silence.failure {
          for (payload, _) in waiting { results[payload.id] = .failure(failure) }
          waiting = []
        }
        guard let (payload, place) = waiting.popFirst() else { continue }
        group.addTask { (payload.id, await self.apply(payload, place, app, mode, new.contains(payload.id))) }
      }
    }
    return results
  }

  private func apply(
    _ payload: ApplyPayload, _ place: ObjectApplier.Place, _ app: DesiredApp, _ mode: ApplyMode, _ isFirst: Bool
  ) async -> Result<ObjectOutcome, APIFailure> {
    // Also in the middle of a large app: what another agent does by now must not be undone.
    if let refusal = knownRefusal { return .failure(refusal) }
    var applier = applier
    applier.client = writer(for: app.name)
    return await live.writing(place.id) {
      do throws(APIFailure) {
        let changer = live[place.id]?.changedBy ?? ""
        let result = try await applier.apply(payload, at: place, for: app, mode, isFirst: isFirst)
        return .success(ObjectOutcome(id: payload.id, result: result, changedBy: changer))
      } catch {
        return .failure(error)
      }
    }
  }

  /// Objects that this app has applied are no other app's any longer.
  private func takeOver(_ ids: Set<ObjectID>, _ app: DesiredApp) async {
    do throws(APIFailure) {
      try await inventory.handOver(ids, to: app.name)
    } catch {
      client.logger.warning("the inventory cannot be written", metadata: ["app": "\(app.name)", "error": "\(error)"])
    }
  }

  private func outcome(
    of id: ObjectID, _ result: Result<ObjectOutcome, APIFailure>?, _ app: DesiredApp
  ) -> ObjectOutcome {
    switch result {
    case .success(let outcome)?: return outcome
    case .failure(let failure)?: return ObjectOutcome(id: id, result: failure.outcome(of: id, app: app.name))
    case nil:
      let failure = client.failure(.cancelled, "was not reached", nil)
      return ObjectOutcome(id: id, result: failure.outcome(of: id, app: app.name))
    }
  }

  /// Who writes and deletes the objects of an app.
  func writer(for app: String) -> APIClient {
    settings.accounts.map { client.acting(as: $0.user(of: app)) } ?? client
  }

  // MARK: Ownership

  public func owned() async throws(FleetError) -> [OwnedObject] {
    do throws(APIFailure) {
      let apps = try await inventory.all()
      return apps.sorted { $0.key < $1.key }.flatMap { app, ids in ids.map { OwnedObject(app: app, id: $0) } }
    } catch {
      throw error.error
    }
  }

  public func disown(_ objects: [OwnedObject]) async -> [ObjectOutcome] {
    if let refusal = await refusal {
      return objects.map { ObjectOutcome(id: $0.id, result: refusal.outcome(of: $0.id, app: $0.app)) }
    }
    var outcomes: [ObjectOutcome] = []
    for (app, group) in Dictionary(grouping: objects, by: \.app) {
      do throws(APIFailure) {
        try await inventory.remove(Set(group.map(\.id)), from: app)
        outcomes += group.map { ObjectOutcome(id: $0.id, result: .unchanged) }
      } catch {
        outcomes += group.map { ObjectOutcome(id: $0.id, result: error.outcome(of: $0.id, app: app)) }
      }
    }
    return outcomes
  }
}

extension APIFailure {
  /// What became of an object that met this failure.
  func outcome(of id: ObjectID, app: String) -> ObjectOutcome.Result {
    var error = error
    if case .immutable(let fields) = kind { error = immutable(fields, id) }
    error.address.file = nil
    return .failed(error.within(.init(app: app, object: id.description)), isTransient: isTransient)
  }
}

extension ObjectOutcome.Result {
  fileprivate var isFailure: Bool {
    if case .failed = self { true } else { false }
  }
}
