import Manifests
import Synchronization

/// What bases have come to, so that each is built once for all that stand on it.
///
/// An entry is used only on trees on which its trace holds; that is checked once for each tree.
final class SharedBases: Sendable {
  struct Entry: Sendable {
    var accumulation: Accumulation
    var trace: BuildTrace
  }

  private let tree: any ManifestTree
  private let entries = Mutex<[TreePath: Entry]>([:])
  /// Entries of an older tree, which may hold on this one.
  private let older: Mutex<[TreePath: Entry]>

  init(_ tree: any ManifestTree, after previous: SharedBases? = nil) {
    self.tree = tree
    let known = previous?.all ?? [:]
    // What is not there any more would otherwise be carried on for as long as there are new commits.
    older = Mutex(known.filter { directory, _ in (try? tree.entry(at: directory)?.kind) == .directory })
  }

  private var all: [TreePath: Entry] {
    older.withLock { $0 }.merging(entries.withLock { $0 }) { $1 }
  }

  func find(_ directory: TreePath) throws(FleetError) -> Entry? {
    if let entry = entries.withLock({ $0[directory] }) { return entry }
    guard let candidate = older.withLock({ $0.removeValue(forKey: directory) }) else { return nil }
    guard try candidate.trace.holds(on: tree) else { return nil }
    entries.withLock { $0[directory] = candidate }
    return candidate
  }

  func add(_ directory: TreePath, _ accumulation: Accumulation, _ trace: BuildTrace) {
    entries.withLock { $0[directory] = Entry(accumulation: accumulation, trace: trace) }
  }
}
