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
  struct Entry: Traced {
    var accumulation: Accumulation
    var trace: BuildTrace
  }

  /// A base, and what its charts depend on where it has any.
  private struct Key: Hashable {
    var directory: TreePath
    var charts: ChartTarget?
  }

  private let entries = Mutex<[Key: Entry]>([:])
  /// Entries of older trees, which may hold on this one.
  private let older: EarlierWork<Key, Entry>

  /// - Parameter changes: what differs between the tree of the previous one and this one, when it is known.
  init(_ tree: any ManifestTree, after previous: SharedBases? = nil, _ changes: ChangedPaths? = nil) {
    older = EarlierWork(previous?.older, previous?.entries.withLock { $0 } ?? [:], on: tree, changes) { $0.directory }
  }

  /// - Parameter charts: what the charts of the build depend on.
  func find(_ directory: TreePath, charts: ChartTarget?) throws(FleetError) -> Entry? {
    if let entry = try find(Key(directory: directory)) { return entry }
    guard let charts else { return nil }
    return try find(Key(directory: directory, charts: charts))
  }

  private func find(_ key: Key) throws(FleetError) -> Entry? {
    if let entry = entries.withLock({ $0[key] }) { return entry }
    guard let known = try older.find(key) else { return nil }
    entries.withLock { $0[key] = known }
    return known
  }

  func add(_ directory: TreePath, charts: ChartTarget?, _ accumulation: Accumulation, _ trace: BuildTrace) {
    let key = Key(directory: directory, charts: accumulation.charts.isUsed ? charts : nil)
    entries.withLock { $0[key] = Entry(accumulation: accumulation, trace: trace) }
  }
}
