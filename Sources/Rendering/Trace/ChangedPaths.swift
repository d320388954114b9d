import Manifests

/// Where two trees differ, found without entering a directory that is the same in both.
///
/// With it, what was known of the one tree is checked on the other by a few look-ups, however much a build has read.
struct ChangedPaths: Sendable {
  /// Paths at which something else stands, or stands no more.
  private var entries: Set<TreePath> = []
  /// Directories in which other names or kinds stand.
  private var listings: Set<TreePath> = []

  /// Differences that are told one by one: beyond some thousand, to look at what a build has read is quicker.
  private static let limit = 10_000

  /// nil where it cannot be told: directories have no names for their content, or there are too many differences.
  init?(from old: any ManifestTree, to new: any ManifestTree) {
    guard old.namesDirectoryContent, new.namesDirectoryContent else { return nil }
    do throws(FleetError) {
      guard let before = try old.entry(at: .root), let after = try new.entry(at: .root) else { return nil }
      if before.contentID != after.contentID { try compare(old, new, at: .root) }
    } catch {
      return nil
    }
    if entries.count > ChangedPaths.limit { return nil }
  }

  /// Whether what stands at a path, or that something stands there, has changed.
  func contains(_ path: TreePath) -> Bool { entries.contains(path) }

  /// Whether a build that looked at all this would find something else.
  func concern(_ trace: BuildTrace) -> Bool {
    if entries.count + listings.count > trace.observations.count {
      return trace.observations.contains { path, observation in
        entries.contains(path) || (observation.listing != nil && listings.contains(path))
      }
    }
    return entries.contains { trace.observations[$0] != nil }
      || listings.contains { trace.observations[$0]?.listing != nil }
  }

  private mutating func compare(
    _ old: any ManifestTree, _ new: any ManifestTree, at directory: TreePath
  ) throws(FleetError) {
    var before: [ByteText: TreeEntry] = [:]
    for entry in try old.list(directory) { before[ByteText(entry.name)] = entry }
    var hasOtherNames = false
    for entry in try new.list(directory) {
      guard let path = directory.appending(entry.name) else { continue }
      let earlier = before.removeValue(forKey: ByteText(entry.name))
      if earlier == entry { continue }
      if earlier?.kind != entry.kind { hasOtherNames = true }
      try note(earlier, entry, old, new, at: path)
    }
    for entry in before.values {
      hasOtherNames = true
      guard let path = directory.appending(entry.name) else { continue }
      try note(entry, nil, old, new, at: path)
    }
    if hasOtherNames { listings.insert(directory) }
  }

  private mutating func note(
    _ before: TreeEntry?, _ after: TreeEntry?, _ old: any ManifestTree, _ new: any ManifestTree, at path: TreePath
  ) throws(FleetError) {
    guard entries.count <= ChangedPaths.limit else { return }
    if before?.kind == .directory, after?.kind == .directory { return try compare(old, new, at: path) }
    entries.insert(path)
    if before?.kind == .directory { try addAll(below: path, on: old) }
    if after?.kind == .directory { try addAll(below: path, on: new) }
  }

  private mutating func addAll(below directory: TreePath, on tree: any ManifestTree) throws(FleetError) {
    listings.insert(directory)
    for entry in try tree.list(directory) {
      guard entries.count <= ChangedPaths.limit, let path = directory.appending(entry.name) else { return }
      entries.insert(path)
      if entry.kind == .directory { try addAll(below: path, on: tree) }
    }
  }
}
