import Manifests
import Synchronization

/// What builds on one tree have in common.
struct SharedBuilds: Sendable {
  let bases: SharedBases
  let inflations: Inflations
  let log: WorkLog
}

/// What bases have come to, so that each is built once for all that stand on it.
///
/// An entry is used only on trees on which its trace holds; that is checked once for each tree.
final class SharedBases: Sendable {
  struct Entry: Sendable {
    var accumulation: Accumulation
    var trace: BuildTrace
  }

  /// A base, and what its charts depend on where it has any.
  private struct Key: Hashable {
    var directory: TreePath
    var charts: ChartTarget?
  }

  private let tree: any ManifestTree
  private let entries = Mutex<[Key: Entry]>([:])
  /// Entries of an older tree, which may hold on this one.
  private let older: Mutex<[Key: Entry]>

  init(_ tree: any ManifestTree, after previous: SharedBases? = nil) {
    self.tree = tree
    let known = previous?.all ?? [:]
    // What is not there any more would otherwise be carried on for as long as there are new commits.
    older = Mutex(known.filter { key, _ in (try? tree.entry(at: key.directory)?.kind) == .directory })
  }

  private var all: [Key: Entry] {
    older.withLock { $0 }.merging(entries.withLock { $0 }) { $1 }
  }

  /// - Parameter charts: what the charts of the build depend on.
  func find(_ directory: TreePath, charts: ChartTarget?) throws(FleetError) -> Entry? {
    if let entry = try find(Key(directory: directory)) { return entry }
    guard let charts else { return nil }
    return try find(Key(directory: directory, charts: charts))
  }

  private func find(_ key: Key) throws(FleetError) -> Entry? {
    if let entry = entries.withLock({ $0[key] }) { return entry }
    guard let candidate = older.withLock({ $0.removeValue(forKey: key) }) else { return nil }
    guard try candidate.trace.holds(on: tree) else { return nil }
    entries.withLock { $0[key] = candidate }
    return candidate
  }

  func add(_ directory: TreePath, charts: ChartTarget?, _ accumulation: Accumulation, _ trace: BuildTrace) {
    let key = Key(directory: directory, charts: accumulation.charts.isUsed ? charts : nil)
    entries.withLock { $0[key] = Entry(accumulation: accumulation, trace: trace) }
  }
}
