internal import FleetModel
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
public import Wire

// Calls that last: a rollout as it goes, and waiting for something.

extension OperatorHandlers {
  public func watchRollout(
    _ request: FlotillaV1.WatchRolloutRequest, _ responses: MessageWriter<FlotillaV1.RolloutChange>, _ call: ServerCall
  ) async throws {
    _ = try await hub.access.require(call)
    let id: String
    switch request.which {
    case .id(let given): id = given
    case .app(let app): id = try await hub.fleet.rollout(ofApp: app).id
    case nil: throw FleetError(.invalidRequest, "neither a rollout nor an app is named", at: .init(field: "which"))
    }
    var news = RolloutNews()
    try await hub.watcher.watch(id) { view in
      for change in news.changes(.init(view), at: hub.now()) { try await responses.write(change) }
    }
  }

  public func waitFor(
    _ request: FlotillaV1.WaitForRequest, _ responses: MessageWriter<FlotillaV1.WaitProgress>, _ call: ServerCall
  ) async throws {
    _ = try await hub.access.require(call)
    try await hub.waiter.wait(for: try await condition(request)) { progress in
      try await responses.write(.init(progress))
    }
  }

  private func condition(_ request: FlotillaV1.WaitForRequest) async throws(FleetError) -> WaitCondition {
    switch request.condition {
    case .rollout(let wanted):
      guard let state = RolloutState(wire: wanted.state) else {
        throw FleetError(.invalidRequest, "no state to wait for", at: .init(field: "rollout.state"))
      }
      switch wanted.which {
      case .id(let id): return .rollout(id: id, state)
      case .app(let app): return .rollout(id: try await hub.fleet.rollout(ofApp: app).id, state)
      case nil:
        throw FleetError(
          .invalidRequest, "neither a rollout nor an app is named", at: .init(field: "rollout.which"))
      }
    case .released(let wanted):
      return .released(
        commit: wanted.commit.isEmpty ? nil : wanted.commit, app: wanted.app.isEmpty ? nil : wanted.app)
    case .healthyCluster(let name): return .healthyCluster(name)
    case .healthyApp(let name): return .healthyApp(name)
    case .onlineCluster(let name): return .online(cluster: name)
    case nil: throw FleetError(.invalidRequest, "nothing to wait for", at: .init(field: "condition"))
    }
  }
}

extension RolloutState {
  fileprivate init?(wire state: FlotillaV1.RolloutState) {
    guard let same = RolloutState.allCases.first(where: { .init(engine: $0) == state }) else { return nil }
    self = same
  }
}

extension FlotillaV1.WaitProgress {
  init(_ progress: WaitProgress) {
    switch progress.state {
    case .waiting: self.init(state: .waiting, reason: progress.reason)
    case .met: self.init(state: .met, reason: progress.reason)
    case .hopeless: self.init(state: .hopeless, reason: progress.reason)
    }
  }
}

/// What of a rollout its watcher does not know yet.
struct RolloutNews {
  /// Clusters in one message: far below what a message may hold, however long their reasons.
  static let clustersPerMessage = 1000

  private var told: FlotillaV1.RolloutDetail?
  /// By stage and name.
  private var clusters: [String: [String: FlotillaV1.RolloutCluster]] = [:]

  /// What to tell of a rollout that looks like this now; nothing where it looks as before.
  mutating func changes(
    _ detail: FlotillaV1.RolloutDetail, at now: Timestamp
  ) -> [FlotillaV1.RolloutChange] {
    var rest = detail
    var news: [(stage: Int, cluster: FlotillaV1.RolloutCluster)] = []
    for (index, stage) in detail.stages.enumerated() {
      for cluster in stage.clusters where isNew(cluster, in: stage.name) {
        clusters[stage.name, default: [:]][cluster.name] = cluster
        news.append((index, cluster))
      }
      rest.stages[index].clusters = []
    }
    guard rest != told || !news.isEmpty else { return [] }
    told = rest
    var messages: [FlotillaV1.RolloutChange] = []
    repeat {
      var part = rest
      for (stage, cluster) in news.prefix(RolloutNews.clustersPerMessage) {
        part.stages[stage].clusters.append(cluster)
      }
      news.removeFirst(min(news.count, RolloutNews.clustersPerMessage))
      messages.append(.init(rollout: part, more: !news.isEmpty, nowUnixMs: now.milliseconds))
    } while !news.isEmpty
    return messages
  }

  /// Of those that are pending the reason moves with every step of their stage, which says it already.
  private func isNew(_ cluster: FlotillaV1.RolloutCluster, in stage: String) -> Bool {
    guard var known = clusters[stage]?[cluster.name] else { return true }
    if cluster.state == .pending { known.reason = cluster.reason }
    return known != cluster
  }
}
