import Manifests

/// All that a reading of a fleet repository rests on, by what names its content: two commits for which it is equal say
/// the same, errors too.
struct DeclaringFiles: Sendable {
  /// What there is of an app in its directory.
  private struct App: Sendable {
    /// Of the whole directory: one that is the same has the same declaration.
    var directory: TreeEntry
    var declarations: [TreeEntry] = []
  }

  private let layout: FleetDeclaration.Layout
  private let fleet: TreeEntry
  private let clusters: TreeEntry
  private let apps: [App]

  /// nil for a tree whose directories do not name what lies in them, and where something is missing.
  init?(_ layout: FleetDeclaration.Layout, on tree: some ManifestTree, after previous: DeclaringFiles?) {
    guard tree.namesDirectoryContent, let file = TreePath(FleetReader.file),
      let fleet = try? tree.entry(at: file), let clusters = try? tree.entry(at: layout.clusters),
      let directories = try? tree.list(layout.apps)
    else { return nil }
    var known = (previous?.layout == layout ? previous?.apps ?? [] : [])[...]
    var apps: [App] = []
    for directory in directories {
      // Both are in the order of their names.
      while let first = known.first, first.directory.name.precedesInBytes(directory.name) { known.removeFirst() }
      if let same = known.first, same.directory.isSame(as: directory) {
        apps.append(same)
        continue
      }
      var app = App(directory: directory)
      if directory.kind == .directory {
        guard let path = layout.apps.appending(directory.name), let entries = try? tree.list(path) else { return nil }
        app.declarations = entries.filter(\.mayDeclareApp)
      }
      apps.append(app)
    }
    (self.layout, self.fleet, self.clusters, self.apps) = (layout, fleet, clusters, apps)
  }

  /// The same of another tree, on which `fleet.yaml` is the same; nil where it is not.
  func found(on tree: some ManifestTree) -> DeclaringFiles? {
    guard let file = TreePath(FleetReader.file), let entry = try? tree.entry(at: file), entry == fleet else {
      return nil
    }
    return DeclaringFiles(layout, on: tree, after: self)
  }
}

extension DeclaringFiles: Equatable {
  static func == (left: DeclaringFiles, right: DeclaringFiles) -> Bool {
    left.layout == right.layout && left.fleet == right.fleet && left.clusters == right.clusters
      && left.apps.elementsEqual(right.apps) { one, other in
        one.directory.isSame(as: other.directory)
          || (one.directory.name.hasSameBytes(as: other.directory.name) && one.directory.kind == other.directory.kind
            && one.directory.kind == .directory && one.declarations == other.declarations)
      }
  }
}

extension TreeEntry {
  /// Names count by their bytes, as in a repository.
  fileprivate func isSame(as other: TreeEntry) -> Bool {
    contentID == other.contentID && kind == other.kind && name.hasSameBytes(as: other.name)
  }
}
