import Digests
import FleetModel
import FleetStore
import Foundation
import Manifests
import RolloutEngine
import TestSupport

@testable import ReleasePipeline
@testable import RolloutRules

/// What a hub that does not run has stored of its rollouts, held against its log.
///
/// Follows the log from its first entry on, from check to check, through an engine of its own that nothing else of the
/// store goes into: whatever else is stored must be what this engine says.
final class StoredRollouts {
  /// An app on a cluster.
  struct Spot: Hashable {
    var cluster: ClusterUID
    var app: String
  }

  private(set) var engine = RolloutEngine()
  private(set) var transitions = 0
  private(set) var acts = 0
  private(set) var snapshots = 0
  private(set) var entriesReadAgain = 0
  /// Holds each step against Docs/rollouts.md; nil where only the log is looked at.
  private var rules: InvariantChecker?
  private var recent: [RolloutLogEntry] = []
  /// Of every entry up to the last, each over the one before.
  private var logDigest = Digest(of: [])
  /// The last of each rollout.
  private var statuses: [String: RolloutStatus] = [:]
  private var audit: [AuditRecord.Content] = []
  private var words: Set<String> = []
  private var auditRead: Int64 = 0
  private var auditFound: [AuditRecord.Content] = []
  private var lastSnapshot: Int64 = 0
  /// Everything that was ever assigned.
  var assignments: [Spot: Set<Assignment>] = [:]
  /// What each cluster was assigned, from one move to the next.
  var courses: [ClusterUID: [[String: AppDigest]]] = [:]
  /// The newest bundle that was seen of a cluster, and the moment of its course that it is of.
  var newest: [ClusterUID: (seq: Int64, moment: Int)] = [:]
  /// Clusters whose bundle was not what they were assigned at the last check.
  var unpublished = 0

  init(holdingRules: Bool) {
    if holdingRules { rules = InvariantChecker() }
  }

  /// Looks at everything that the store below a hub's folder has. Throws the first thing that does not agree.
  func check(_ hub: String) async throws {
    try await StoredRollouts.withCopy(of: "\(hub)/store") { store in
      try await follow(store)
      try await checkRestart(store)
      try await checkAssignments(store)
      try await checkListing(store)
      try await checkAudit(store)
      try await checkBundles(store, blobs: "\(hub)/store/blobs")
      try await checkReports(store)
    }
  }

  /// Replays the log once more, all of it. Throws where that leads elsewhere, or where an entry is not what it was.
  func replayAll(_ hub: String) async throws {
    try await StoredRollouts.withCopy(of: "\(hub)/store") { store in
      var again = RolloutEngine()
      var digest = Digest(of: [])
      while true {
        let records = try await store.rolloutLog(after: again.number, limit: 1000)
        for record in records {
          digest = StoredRollouts.digest(of: record, after: digest)
          try again.replay(try RolloutLogEntry(stored: record))
        }
        if records.isEmpty { break }
      }
      try hold(digest == logDigest, "no entry of the log was changed")
      try hold(again.snapshot == engine.snapshot, "the log leads to one state")
    }
  }

  /// Where a store that does not agree is kept, for a person: `FLOTILLA_KEEP_STORE`.
  private static let kept = ProcessInfo.processInfo.environment["FLOTILLA_KEEP_STORE"]

  /// Opens a copy, so that the hub that starts next finds everything as it was left.
  static func withCopy(of store: String, _ body: (SQLiteStore) async throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
      for name in ["store.sqlite", "store.sqlite-wal"] where FileManager.default.fileExists(atPath: "\(store)/\(name)")
      {
        try FileManager.default.copyItem(atPath: "\(store)/\(name)", toPath: "\(folder)/\(name)")
      }
      let copy = try SQLiteStore(directory: folder)
      do {
        try await body(copy)
      } catch {
        try await copy.close()
        if let kept { try? FileManager.default.copyItem(atPath: folder, toPath: kept) }
        throw error
      }
      try await copy.close()
    }
  }
}

// MARK: The log

extension StoredRollouts {
  private func follow(_ store: SQLiteStore) async throws {
    let snapshot = try await store.latestSnapshot()
    if let snapshot, snapshot.number != lastSnapshot {
      try hold(snapshot.number > engine.number, "a snapshot is of the end of the log", "\(snapshot.number)")
    }
    while true {
      let records = try await store.rolloutLog(after: engine.number, limit: 1000)
      for record in records {
        try take(record)
        guard record.number == snapshot?.number else { continue }
        try hold(engine.snapshot == snapshot?.bytes, "a snapshot is what the log leads to", "\(record.number)")
        snapshots += 1
        lastSnapshot = record.number
      }
      if records.isEmpty { break }
    }
    try hold(lastSnapshot == snapshot?.number ?? 0, "a snapshot is of an entry of the log", "\(lastSnapshot)")
  }

  private func take(_ record: RolloutLogRecord) throws {
    let entry = try RolloutLogEntry(stored: record)
    let outcome = engine.handle(entry.event, at: entry.time)
    try hold(outcome.entry == entry, "an entry is what its event leads to", "entry \(record.number)")
    try hold(RolloutLogRecord(entry: entry) == record, "an entry is stored as it is written", "entry \(record.number)")
    recent = recent.suffix(StoredRollouts.shownEntries - 1) + [entry]
    do {
      try rules?.check(entry.event, outcome, engine)
    } catch let violation as Violation {
      throw Violation(violation.rule, violation.details + recentEntries)
    }
    logDigest = StoredRollouts.digest(of: record, after: logDigest)
    transitions += entry.transitions.count
    for closed in outcome.closed { statuses[closed.id] = closed }
    for id in entry.rollouts {
      if let status = engine.status(ofRollout: id, withClusters: false) { statuses[id] = status }
    }
    audit += RolloutTrail.of([outcome], engine: engine).audit.map { AuditRecord(after: nil, $0).content }
    if case .operatorActed(let act) = entry.event {
      acts += 1
      words.insert(act.reason)
    }
    note(outcome.actions)
  }

  /// The state of the assignments is that after all of the entry's moves: they are stored together.
  private func note(_ actions: [RolloutAction]) {
    var moved: Set<ClusterUID> = []
    for action in actions {
      switch action {
      case .assign(let assignment):
        moved.insert(assignment.cluster)
        assignments[Spot(cluster: assignment.cluster, app: assignment.app), default: []].insert(assignment)
      case .withdraw(let cluster, _): moved.insert(cluster)
      default: break
      }
    }
    for cluster in moved {
      let now = engine.assignments(of: cluster).map { ($0.app, $0.digest) }
      courses[cluster, default: [[:]]].append(Dictionary(now, uniquingKeysWith: { $1 }))
    }
  }

  /// What happened last, for a person.
  private var recentEntries: String {
    recent.map { entry in
      let event = String("\(entry.event)".prefix(300))
      let lines = entry.transitions.map { "    \($0.subject): \($0.from) → \($0.to): \($0.reason)" }
      return (["\n  \(entry.number) \(entry.time.milliseconds) \(event)"] + lines).joined(separator: "\n")
    }.joined()
  }

  private static let shownEntries = 30

  private static func digest(of record: RolloutLogRecord, after digest: Digest) -> Digest {
    Digest(of: digest.bytes + Array("\(record.number) \(record.time) ".utf8) + record.event + record.transitions)
  }

  /// A hub that starts gets to the state that the whole log leads to, from its snapshot on.
  private func checkRestart(_ store: SQLiteStore) async throws {
    var restarted = RolloutEngine()
    if let snapshot = try await store.latestSnapshot() { restarted = try RolloutEngine(snapshot: snapshot.bytes) }
    while true {
      let records = try await store.rolloutLog(after: restarted.number, limit: 1000)
      for record in records { try restarted.replay(try RolloutLogEntry(stored: record)) }
      entriesReadAgain += records.count
      if records.isEmpty { break }
    }
    try hold(restarted.snapshot == engine.snapshot, "a start leads to the state of the log", "\(engine.number)")
    try hold(
      restarted.nextWake == engine.nextWake && restarted.pendingAnalyses == engine.pendingAnalyses
        && restarted.pendingAmendments == engine.pendingAmendments, "a start waits for what was waited for")
  }
}

// MARK: What follows from the log

extension StoredRollouts {
  private func checkAssignments(_ store: SQLiteStore) async throws {
    let clusters = try await store.clusters().map(\.uid)
    let stored = try await store.assignments()
    let assigned = clusters.flatMap { engine.assignments(of: $0) }
    try hold(Set(stored) == Set(assigned), "what is assigned is what the log assigned", "\(stored), \(assigned)")
  }

  private func checkListing(_ store: SQLiteStore) async throws {
    let records = try await store.rollouts(of: nil, limit: .max)
    try hold(Set(records.map(\.id)) == Set(statuses.keys), "every rollout is listed, and no other")
    for record in records {
      guard let status = statuses[record.id] else { continue }
      let wanted = RolloutRecord(status: status)
      try hold(
        record.app == wanted.app && record.release == wanted.release && record.status == wanted.status
          && record.startedAt == wanted.startedAt && record.updatedAt == wanted.updatedAt
          && record.endedAt == wanted.endedAt, "a rollout is listed as it is", "\(record), \(wanted)")
      let shown = try RolloutStatus(record: record)
      try hold(
        shown.standing == status.standing, "a rollout is shown as it is", "\(shown.standing), \(status.standing)")
    }
  }

  /// What the engine decided and what operators did stands in the audit log once, in order, and nothing else does.
  private func checkAudit(_ store: SQLiteStore) async throws {
    _ = try await store.verifyAudit()
    let actions = Set(audit.map(\.action))
    while true {
      let records = try await store.auditRecords(after: auditRead, limit: 1000)
      guard let last = records.last else { break }
      auditRead = last.n
      auditFound += records.map(\.content).filter { $0.outcome == "done" && actions.contains($0.action) }
    }
    let strange = zip(auditFound, audit).first { $0 != $1 }
    try hold(auditFound == audit, "the audit log is that of the rollout log", strange.map { "\($0)" } ?? "a part of it")
  }

  /// Every act that the hub called done is in the log.
  func checkDone(_ reasons: [String]) throws {
    for reason in reasons { try hold(words.contains(reason), "what the hub called done is done", reason) }
  }

  /// A word for each thing that was under way.
  var underWay: Set<String> {
    var found: Set<String> = []
    for app in engine.appStatuses {
      if let rollout = app.rollout, !rollout.state.isEnded || rollout.state == .failed {
        if rollout.state != .running { found.insert("rollout \(rollout.state)") }
        for stage in rollout.stages where stage.state != .pending && stage.state != .succeeded {
          found.insert("stage \(stage.state)")
        }
      }
      if app.queued != nil { found.insert("release queued") }
      if !app.holds.isEmpty { found.insert("hold") }
      for loose in engine.status(ofApp: app.app)?.beside ?? [] {
        found.insert(loose.isRollingBack ? "rolling back" : loose.isCatchingUp ? "catching up" : "settling")
      }
    }
    if !engine.suspensions.isEmpty { found.insert("suspension") }
    if unpublished > 0 { found.insert("assigned, not published") }
    return found.isEmpty ? ["nothing"] : found
  }
}

extension RolloutStatus {
  /// What transitions alone change, without what is said of it.
  fileprivate var standing: [String] {
    [id, "\(release)", commit, "\(state)"]
      + stages.flatMap { stage in
        ["\(stage.name) \(stage.state) \(stage.counts)"]
          + stage.clusters.map { "\(stage.name) \($0.cluster) \($0.state) \($0.target)" }
      }
  }
}
