internal import CLibGit2
internal import Manifests
internal import Synchronization

/// The entries of one directory.
struct TreeListing: Sendable {
  /// In the order of their names' bytes.
  let entries: [TreeEntry]
  /// Names that no path can have, printable.
  let unusableNames: [String]

  init(_ tree: borrowing RawTree) throws(FleetError) {
    var entries: [TreeEntry] = []
    var unusable: [String] = []
    entries.reserveCapacity(tree.count)
    for index in 0..<tree.count {
      guard let entry = try tree.entry(index) else { break }
      if let name = entry.text {
        entries.append(TreeEntry(name: name, kind: entry.kind, contentID: ContentID(bytes: entry.id.bytes)))
      } else {
        unusable.append(entry.escapedName)
      }
    }
    entries.sort { $0.name.precedesInBytes($1.name) }
    for (one, next) in zip(entries, entries.dropFirst()) where one.name.hasSameBytes(as: next.name) {
      // Git never writes this; one reader could see the one and another the other.
      throw FleetError(.gitRepositoryCorrupt, "a directory has two entries named \(one.name)")
    }
    self.entries = entries
    unusableNames = unusable
  }

  /// The entry of this name.
  func entry(named name: String) -> TreeEntry? {
    var range = 0..<entries.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      let candidate = entries[middle]
      if candidate.name.hasSameBytes(as: name) { return candidate }
      range = candidate.name.precedesInBytes(name) ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }
}

/// Listings by the id of their tree, which names the content for good, whatever commit it is in.
///
/// Keeps at most `GitLimits.cachedEntries` entries: what has been used since half of that came in last survives.
final class ListingCache: Sendable {
  private struct State {
    var young: [ContentID: TreeListing] = [:]
    var old: [ContentID: TreeListing] = [:]
    var youngEntries = 0
  }

  private let halfLimit: Int
  private let state = Mutex(State())

  init(limit: Int = GitLimits.cachedEntries) { halfLimit = limit / 2 }

  /// How many entries are held.
  var count: Int {
    state.withLock { state in
      state.young.values.reduce(0) { $0 + $1.entries.count } + state.old.values.reduce(0) { $0 + $1.entries.count }
    }
  }

  subscript(id: ContentID) -> TreeListing? {
    state.withLock { state in
      if let listing = state.young[id] { return listing }
      guard let listing = state.old.removeValue(forKey: id) else { return nil }
      insert(listing, as: id, into: &state)
      return listing
    }
  }

  func insert(_ listing: TreeListing, as id: ContentID) {
    state.withLock { insert(listing, as: id, into: &$0) }
  }

  private func insert(_ listing: TreeListing, as id: ContentID, into state: inout State) {
    // A single directory larger than the bound would push everything else out and not stay within it itself.
    guard listing.entries.count <= halfLimit else { return }
    if state.youngEntries + listing.entries.count > halfLimit {
      state.old = state.young
      state.young = [:]
      state.youngEntries = 0
    }
    // Empty directories count too, or any number of them would fit.
    if state.young.updateValue(listing, forKey: id) == nil { state.youngEntries += max(1, listing.entries.count) }
  }
}
