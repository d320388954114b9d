internal import FleetModel

/// Nothing new reaches what an operator suspended.
struct Suspension: Hashable {
  var actor: String
  var reason: String
  var time: Timestamp

  var words: String { "suspended by \(actor): \(reason)" }
}

// What keeps something new from a cluster beside its rollout: Docs/rollouts.md, "Freezes and suspension".

extension Ground {
  /// Why nothing new reaches the cluster until an operator says so; nil where nothing does.
  func suspension(of cluster: ClusterUID) -> Suspension? {
    if suspensions.isEmpty { return nil }
    if let own = suspensions[.cluster(cluster)] { return own }
    return members[cluster].flatMap { suspensions[.environment($0.facts.environment)] }
  }

  func suspension(ofApp app: String) -> Suspension? { suspensions[.app(app)] }

  /// Why nothing new reaches the cluster by these freezes; nil where nothing keeps it from that.
  func freeze(of cluster: ClusterUID, under freezes: [Freeze]) -> String? {
    guard !freezes.isEmpty, let environment = members[cluster]?.facts.environment else { return nil }
    return freeze(of: environment, under: freezes)
  }

  private func freeze(of environment: String, under freezes: [Freeze]) -> String? {
    var closed: String?
    var isAllowed = false
    for freeze in freezes where freeze.environments.contains(environment) {
      guard let window = windows[freeze] else { return "frozen until its windows are known" }
      switch freeze.kind {
      case .deny: if window.isOpen { return window.words("frozen") }
      case .allow:
        isAllowed = isAllowed || window.isOpen
        closed = closed ?? window.words("frozen outside of its windows")
      }
    }
    return isAllowed ? nil : closed
  }
}

extension FreezeWindow {
  fileprivate func words(_ start: String) -> String {
    let end = until.map { " until \($0)" } ?? ""
    return freeze.reason.isEmpty ? start + end : "\(start)\(end): \(freeze.reason)"
  }
}
