/// The transitions of Docs/rollouts.md, written from its tables and not from the engine.
enum TransitionTable {
  static let rollout: [String: Set<String>] = [
    "Planned": ["Running"],
    "Running": ["Paused", "Succeeded", "Failed", "Superseded", "Aborted"],
    "Paused": ["Running", "Failed", "Superseded", "Aborted"],
    "Failed": ["Running", "Superseded", "Aborted"],
    "Succeeded": [], "Aborted": [], "Superseded": [],
  ]

  static let stage: [String: Set<String>] = [
    "Pending": ["AwaitingBefore(confirmation)", "AwaitingBefore(approval)", "Rolling", "Succeeded", "Halted"],
    "AwaitingBefore(confirmation)": ["AwaitingBefore(approval)", "Rolling", "Succeeded", "Halted"],
    "AwaitingBefore(approval)": ["Rolling", "Halted"],
    "Rolling": ["Soaking", "Succeeded", "AwaitingAfter", "Halted"],
    "Soaking": ["Rolling", "Succeeded", "AwaitingAfter", "Halted"],
    "AwaitingAfter": ["Succeeded", "Halted"],
    "Halted": ["Rolling", "Pending"],
    "Succeeded": [],
  ]

  static let cluster: [String: Set<String>] = {
    let out: Set<String> = ["Skipped(Excluded)", "Skipped(Removed)", "Superseded"]
    let flying: Set<String> = ["Applying", "Progressing", "Healthy", "Soaked", "Failed", "Offline"]
    return [
      "Pending": out.union(["Offered", "Offline", "Skipped(NoChange)"]),
      "Offered": out.union(flying).union(["Pulled", "TimedOut"]),
      "Pulled": out.union(flying),
      "Applying": out.union(flying).subtracting(["Applying"]),
      "Progressing": out.union(flying).subtracting(["Progressing"]),
      "Healthy": out.union(flying).subtracting(["Healthy"]),
      "Soaked": ["Failed", "Skipped(Removed)"],
      "Failed": out.union(["Pending", "Offline"]),
      "TimedOut": out.union(["Pending", "Offline"]),
      "Offline": out.union(["Pending", "Skipped(NoChange)"]),
      "Skipped(Excluded)": ["Skipped(Removed)"],
      "Skipped(NoChange)": ["Skipped(Removed)"],
      "Skipped(Removed)": [], "Superseded": [],
    ]
  }()

  static let inFlight: Set<String> = ["Offered", "Pulled", "Applying", "Progressing", "Healthy"]
  static let failed: Set<String> = ["Failed", "TimedOut"]
}
