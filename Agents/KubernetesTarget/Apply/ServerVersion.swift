import FleetModel
import Manifests

/// The version that the server last said it has: every report names it, and it seldom changes.
actor ServerVersion {
  /// How old it may be: an upgrade of the control plane shows after this.
  static let lifetime = Duration.seconds(600)
  /// How long a report waits for it, and how soon after a failure it is asked for again.
  static let patience = Duration.seconds(3)

  private var known = ""
  private var due: Timestamp?

  /// What is known, asked for anew when it is time. What cannot be had stays as it was.
  func value(at now: Timestamp, _ ask: @Sendable () async -> String?) async -> String {
    if let due, now < due { return known }
    due = now + Self.patience
    guard let answer = await ask() else { return known }
    known = answer
    due = now + Self.lifetime
    return known
  }
}
