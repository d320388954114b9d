import FleetModel
import Manifests

/// Who an agent is to others that may work on the same cluster.
public struct LeaseHolder: Hashable, Sendable {
  /// The same after a restart.
  public var identity: String
  /// Another one after a restart.
  public var boot: String

  public init(identity: String, boot: String) {
    self.identity = identity
    self.boot = boot
  }
}

/// What the Lease says.
struct LeaseRecord: Hashable, Sendable {
  var holder: LeaseHolder
  var version: String
  /// For how long it counts without being renewed.
  var duration: Duration
  var transitions: Int64
  var acquired: String

  static let bootAnnotation = "flotilla.dev/boot"

  init(_ lease: Value) {
    let spec = lease["spec"]
    holder = LeaseHolder(
      identity: spec?["holderIdentity"]?.string ?? "",
      boot: lease[path: "metadata", "annotations", Self.bootAnnotation]?.string ?? "")
    version = lease[path: "metadata", "resourceVersion"]?.string ?? ""
    // What somebody else wrote decides how long he is waited for, within reason.
    duration = .seconds(min(max(spec?["leaseDurationSeconds"]?.integer ?? 0, 1), 3_600))
    transitions = max(spec?["leaseTransitions"]?.integer ?? 0, 0)
    acquired = spec?["acquireTime"]?.string ?? ""
  }
}

/// Decides which of several agents of one cluster may write: the one that holds the Lease.
///
/// An agent that starts again takes its own Lease over at once; of two with the same identity the one that started last
/// wins, and the other one yields. Somebody else's Lease is taken when it was not renewed for its whole duration, by
/// this agent's own clock. Pure: the time, since any fixed instant, is passed in.
struct LeaseClaim: Sendable {
  enum Step: Equatable {
    /// Nobody has it.
    case create
    /// Write it as one's own.
    case take(LeaseRecord)
    case renew(LeaseRecord)
    /// Somebody else has it.
    case wait(for: LeaseHolder)
  }

  let own: LeaseHolder
  /// Whether it was held since this start.
  private(set) var wasHeld = false
  private var seen: (record: LeaseRecord, since: Duration)?

  init(own: LeaseHolder) { self.own = own }

  mutating func saw(_ record: LeaseRecord?, at now: Duration) -> Step {
    guard let record else { return .create }
    if record.holder == own { return .renew(record) }
    if record.holder.identity.isEmpty { return .take(record) }
    // A restart; but once this start has held it, only another agent with the same identity can have taken it.
    if record.holder.identity == own.identity, !wasHeld { return .take(record) }
    guard let seen, seen.record.version == record.version else {
      self.seen = (record, now)
      return .wait(for: record.holder)
    }
    return now - seen.since >= record.duration ? .take(record) : .wait(for: record.holder)
  }

  mutating func wrote() {
    wasHeld = true
    seen = nil
  }
}
