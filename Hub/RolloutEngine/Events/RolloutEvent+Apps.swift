internal import FleetModel

extension RolloutEvent {
  /// The apps that the event names.
  var apps: [String] {
    switch self {
    case .releaseRendered(let rendered): [rendered.release.app]
    case .commitObserved(let app, _, _): [app]
    case .amendmentRendered(let amendment): [amendment.app]
    case .bundleAccepted(_, let digests): Array(digests.keys)
    case .bundleRefused(_, let app, _): app.map { [$0] } ?? []
    case .clusterReported(_, let observations): observations.map(\.app)
    case .operatorActed(let act): act.act.apps
    case .clusterJoined, .clusterChanged, .clusterLeft, .clusterConnected, .clusterDisconnected, .hubStarted,
      .pullProgressed, .timePassed, .freezesChanged:
      []
    case .analysisFinished(let result): RolloutEngine.app(ofRollout: result.rollout).map { [$0] } ?? []
    }
  }
}

extension OperatorAct.Act {
  fileprivate var apps: [String] {
    switch self {
    case .rolledBack(let app, _, _), .held(let app, _, _), .holdLifted(let app, _), .suspended(.app(let app)),
      .unsuspended(.app(let app)):
      [app]
    case .promoted(let promoted, _): [promoted.release.app]
    default: []
    }
  }
}
