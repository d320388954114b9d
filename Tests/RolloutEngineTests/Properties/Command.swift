/// One thing that happens in a random run. Numbers pick among whatever is there when it happens, so that a run stays one
/// when commands before it are taken away.
struct Command: CustomStringConvertible {
  enum Kind: String, CaseIterable {
    case commit, editPlan, observe, moveCluster, join, leave, amend
    case disconnect, connect, agent, agents, misreport, refuse
    case wake, wait
    case approve, confirm, pause, resume, abort, retry, exclude, acceptSilence
    case windows, override, analysis, hold, lift, rollBack, promote, suspend, unsuspend
    case hubRestart, crash
  }

  var kind: Kind
  var pick: UInt64

  var description: String { "\(kind.rawValue)(\(pick))" }

  /// How often each kind happens, relative to the others.
  private static let weights: [(Kind, Int)] = [
    (.commit, 5), (.editPlan, 2), (.observe, 1), (.moveCluster, 1), (.join, 2), (.leave, 1), (.amend, 6),
    (.disconnect, 5), (.connect, 7), (.agent, 30), (.agents, 12), (.misreport, 4), (.refuse, 1),
    (.wake, 25), (.wait, 10),
    (.approve, 6), (.confirm, 6), (.pause, 1), (.resume, 2), (.abort, 1), (.retry, 2), (.exclude, 1),
    (.acceptSilence, 1),
    (.windows, 4), (.override, 2), (.analysis, 7), (.hold, 1), (.lift, 2), (.rollBack, 2), (.promote, 1),
    (.suspend, 1), (.unsuspend, 3),
    (.hubRestart, 1), (.crash, 1),
  ]
  private static let deck: [Kind] = weights.flatMap { Array(repeating: $0.0, count: $0.1) }

  static func random(_ randomness: inout Randomness) -> Command {
    Command(kind: deck.picked(by: randomness.next()) ?? .wake, pick: randomness.next() >> 16)
  }
}
