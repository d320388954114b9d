internal import FleetModel

/// Whether so many clusters fell silent at once that the fault is more likely the hub's than theirs.
struct Silence: Hashable {
  /// Connected clusters that fell silent lately and are still away, with when.
  var recent: [ClusterUID: Timestamp] = [:]
  /// The clusters that are away in the incident under way; empty when there is none.
  var incident: Set<ClusterUID> = []
  /// How many members with a permanent connection are online.
  var online = 0
  /// Until then clusters that were online when the hub stopped may still come back; nil when nobody is waited for.
  var graceEnd: Timestamp?

  var isActive: Bool { !incident.isEmpty }
}

extension Silence {
  /// A cluster with a permanent connection fell silent. `online` no longer counts it.
  mutating func lose(_ cluster: ClusterUID, at now: Timestamp) {
    if isActive {
      incident.insert(cluster)
      return
    }
    recent = recent.filter { $0.value + RolloutLimits.silenceWindow >= now }
    recent[cluster] = now
    if isMass(recent.count) { incident = Set(recent.keys) }
  }

  /// The hub started: these clusters have not been heard yet.
  mutating func start(unheard clusters: Set<ClusterUID>, graceEnd: Timestamp) {
    recent = [:]
    incident = isMass(clusters.count) ? clusters : []
    self.graceEnd = graceEnd
  }

  /// A cluster is back, or is no member any longer.
  mutating func find(_ cluster: ClusterUID) {
    recent[cluster] = nil
    guard incident.remove(cluster) != nil else { return }
    if !isMass(incident.count) { end() }
  }

  mutating func end() {
    incident = []
    recent = [:]
  }

  private func isMass(_ away: Int) -> Bool {
    away >= RolloutLimits.silenceCount && away * 100 > RolloutLimits.silencePercent * (away + online)
  }
}
