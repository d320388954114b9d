/// How many clusters of a lane stand where. Kept up with every change of a track, so that no decision counts them.
struct LaneCounts: Hashable {
  var pending = 0
  var inFlight = 0
  /// Of those in flight, the ones whose soak runs.
  var soaking = 0
  var soaked = 0
  var failed = 0
  var offline = 0
  var excluded = 0
  var available = 0
  /// Soaked, and degraded since.
  var wavering = 0

  /// Those that the stage still has to do with.
  var changed: Int { pending + inFlight + soaked + failed + offline }
  /// Those that its waves are over.
  var eligible: Int { pending + inFlight + soaked }
  var started: Int { inFlight + soaked }

  mutating func add(_ track: ClusterTrack, _ sign: Int) {
    if track.isAvailable && (track.state == .soaked || track.state == .healthy) { available += sign }
    switch track.state {
    case .pending: pending += sign
    case .offered, .pulled, .applying, .progressing: inFlight += sign
    case .healthy:
      inFlight += sign
      soaking += sign
    case .soaked:
      soaked += sign
      if track.degradedSince != nil { wavering += sign }
    case .failed, .timedOut: failed += sign
    case .offline: offline += sign
    case .skipped(.excluded): excluded += sign
    case .skipped, .superseded, .rolledBack, .awaitingExport, .awaitingReport: break
    }
  }
}
