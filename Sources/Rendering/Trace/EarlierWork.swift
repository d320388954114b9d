import Manifests

/// Something that was made of what its trace says.
protocol Traced: Sendable {
  var trace: BuildTrace { get }
}

/// What was made on earlier trees, of which some may hold on this one.
struct EarlierWork<Key: Hashable & Sendable, Work: Traced>: Sendable {
  private struct Entry {
    var work: Work
    /// Whether it was made on the tree just before this one, or found to hold there.
    var isOfLastTree: Bool
  }

  private let entries: [Key: Entry]
  private let tree: any ManifestTree
  private let changes: ChangedPaths?

  /// - Parameters:
  ///   - earlier: what the tree before this one knew of those before it.
  ///   - last: what was made on the tree before this one, or found to hold there.
  ///   - changes: what differs between that tree and this one; nil when it is not known.
  ///   - directory: what must be there for an entry to be of any use: without it, what is gone for good would be carried
  ///     on for as long as there are new commits.
  init(
    _ earlier: EarlierWork?, _ last: [Key: Work], on tree: any ManifestTree, _ changes: ChangedPaths?,
    directory: (Key) -> TreePath
  ) {
    var entries: [Key: Entry] = [:]
    for (key, work) in last {
      let place = directory(key)
      if changes.map({ !$0.contains(place) }) ?? EarlierWork.isThere(place, tree) {
        entries[key] = Entry(work: work, isOfLastTree: true)
      }
    }
    for (key, entry) in earlier?.entries ?? [:] where entries[key] == nil && last[key] == nil {
      if EarlierWork.isThere(directory(key), tree) { entries[key] = Entry(work: entry.work, isOfLastTree: false) }
    }
    self.entries = entries
    self.tree = tree
    self.changes = changes
  }

  private static func isThere(_ directory: TreePath, _ tree: any ManifestTree) -> Bool {
    (try? tree.entry(at: directory)?.kind) == .directory
  }

  /// What was made for a key, if it would be made the same now.
  func find(_ key: Key) throws(FleetError) -> Work? {
    guard let entry = entries[key] else { return nil }
    if entry.isOfLastTree, let changes { return changes.concern(entry.work.trace) ? nil : entry.work }
    return try entry.work.trace.holds(on: tree) ? entry.work : nil
  }
}
