/// The transitions of Docs/rollouts.md, written from its tables and not from the engine.
enum TransitionTable {
  static let rollout: [String: Set<String>] = [
    "Planned": ["Running"],
    "Running": ["Paused", "Succeeded", "Failed", "Superseded", "Aborted", "RolledBack"],
    "Paused": ["Running", "Failed", "Superseded", "Aborted", "RolledBack"],
    "Failed": ["Running", "Superseded", "Aborted", "RolledBack"],
    "Succeeded": ["RolledBack"], "Aborted": ["RolledBack"], "Superseded": [], "RolledBack": [],
  ]

  static let stage: [String: Set<String>] = {
    let passed: Set<String> = ["Analyzing", "AwaitingAfter", "Succeeded"]
    let confirmed: Set<String> = [
      "AwaitingBefore(approval)", "AwaitingBefore(freeze)", "Rolling", "Succeeded", "Halted",
    ]
    return [
      "Pending": confirmed.union(["AwaitingBefore(confirmation)"]),
      "AwaitingBefore(confirmation)": confirmed,
      "AwaitingBefore(approval)": ["AwaitingBefore(freeze)", "Rolling", "Succeeded", "Halted"],
      "AwaitingBefore(freeze)": ["Rolling", "Succeeded", "Halted"],
      "Rolling": passed.union(["Soaking", "Halted"]),
      "Soaking": passed.union(["Rolling", "Halted"]),
      "Analyzing": ["Rolling", "AwaitingAfter", "Succeeded", "Halted"],
      "AwaitingAfter": ["Rolling", "Succeeded", "Halted"],
      "Halted": ["Rolling", "Pending"],
      "Succeeded": [],
    ]
  }()

  static let cluster: [String: Set<String>] = {
    let out: Set<String> = ["Skipped(Excluded)", "Skipped(Removed)", "Superseded", "RolledBack"]
    let flying: Set<String> = ["Applying", "Progressing", "Healthy", "Soaked", "Failed", "Offline"]
    return [
      "Pending": out.union(["Offered", "Offline", "Skipped(NoChange)", "Skipped(Held)"]),
      "Offered": out.union(flying).union(["Pulled", "TimedOut", "Skipped(Held)"]),
      "Pulled": out.union(flying),
      "Applying": out.union(flying).subtracting(["Applying"]),
      "Progressing": out.union(flying).subtracting(["Progressing"]),
      "Healthy": out.union(flying).subtracting(["Healthy"]),
      "Soaked": ["Failed", "Skipped(Removed)", "RolledBack"],
      "Failed": out.union(["Pending", "Offline"]).subtracting(["Superseded"]),
      "TimedOut": out.union(["Pending", "Offline", "Skipped(Held)"]),
      "Offline": out.union(["Pending", "Skipped(NoChange)", "Skipped(Held)"]),
      "Skipped(Excluded)": ["Skipped(Removed)", "RolledBack"],
      "Skipped(NoChange)": ["Skipped(Removed)"],
      "Skipped(Held)": ["Skipped(Removed)"],
      "Skipped(Removed)": [], "Superseded": [], "RolledBack": [],
    ]
  }()

  /// An app on an air-gapped cluster.
  static let outside: [String: Set<String>] = {
    let given: Set<String> = ["AwaitingExport", "AwaitingReport", "Applying", "Progressing", "Healthy", "Failed"]
    var table: [String: Set<String>] = ["Pending": given.union(["Skipped(Removed)"]), "Skipped(Removed)": []]
    for state in given { table[state] = given.union(["Skipped(Removed)"]).subtracting([state]) }
    // What was withdrawn had not been pulled.
    table["AwaitingExport"]?.insert("Pending")
    return table
  }()

  static let inFlight: Set<String> = ["Offered", "Pulled", "Applying", "Progressing", "Healthy"]
  static let failed: Set<String> = ["Failed", "TimedOut"]
  /// A stage whose gates before are passed and whose gates after are not.
  static let begun: Set<String> = ["Rolling", "Soaking", "Analyzing", "AwaitingAfter"]
}
