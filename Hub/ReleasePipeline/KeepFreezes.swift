import FleetModel
import Manifests
import RolloutEngine
import TimeZones

/// Tells the rollout engine when windows of freezes open and close: it knows no clock and no time zone.
actor FreezeKeeper {
  /// Windows change at minutes; one whose next change is out of sight is looked at again after this.
  private static let longestLook: Duration = .seconds(24 * 3600)

  private let rollouts: RolloutAdvancer
  private let now: @Sendable () -> Timestamp
  /// What the commit in force declares.
  private var declared: Set<Freeze> = []
  private let signal = Signal()
  private var wakeAt: Timestamp?

  init(rollouts: RolloutAdvancer, now: @escaping @Sendable () -> Timestamp) {
    self.rollouts = rollouts
    self.now = now
  }

  /// Takes over what a commit declares, and tells where its windows stand: before any release that goes by them.
  func take(_ freezes: [Freeze]) async {
    declared = Set(freezes)
    await rollouts.submit(await event())
    signal.raise()
  }

  /// Where every window stands now.
  func event() async -> RolloutEvent {
    let now = now()
    let freezes = declared.union(await rollouts.read { $0.freezesInUse })
    let windows = FreezeKeeper.windows(of: freezes, at: now)
    let changes = windows.compactMap(\.until).min()
    wakeAt = freezes.isEmpty ? nil : min(changes ?? now + FreezeKeeper.longestLook, now + FreezeKeeper.longestLook)
    return .freezesChanged(windows)
  }

  /// Where windows stand at an instant, in a fixed order.
  static func windows(of freezes: Set<Freeze>, at now: Timestamp) -> [FreezeWindow] {
    freezes.map { freeze in
      let window = freeze.window(at: now, offset: TimeZones.offset(of:at:))
      return FreezeWindow(freeze: freeze, isOpen: window.isOpen, until: window.until)
    }.sorted { "\($0.freeze)".precedesInBytes("\($1.freeze)") }
  }

  /// Tells of every change until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      await signal.wait(until: wakeAt, now: now)
      guard let wakeAt, wakeAt <= now() else { continue }
      await rollouts.submit(await event())
    }
  }
}
