import Manifests

/// A file that declares a cluster, or should.
struct ClusterFile {
  let path: TreePath
  /// What the file's own name calls the cluster.
  let name: String
  let content: ContentID
  let log: ErrorLog
  var reading = ClusterReader.Reading()

  init(_ path: TreePath, named name: String, _ content: ContentID) {
    self.path = path
    self.name = name
    self.content = content
    log = ErrorLog(FleetError.Address(file: path.description, cluster: name))
  }
}

/// A file that declares an app, or should.
struct AppFile {
  let path: TreePath
  let directory: TreePath
  let content: ContentID
  let log: ErrorLog
  var reading = AppReader.Reading()

  /// What the directory's name calls the app.
  var name: String { directory.name }

  init(_ path: TreePath, in directory: TreePath, _ content: ContentID) {
    self.path = path
    self.directory = directory
    self.content = content
    log = ErrorLog(FleetError.Address(file: path.description, app: directory.name))
  }
}

/// Finds the files that declare clusters and apps. A file that looks like one and cannot be one is found too, with an
/// error: what is passed over in silence would look as if it had been removed.
struct RepositoryFiles<Tree: ManifestTree> {
  let tree: Tree

  /// The files of clusters: every `.yaml` below the directory, at any depth. Names with a leading dot are passed over.
  func clusters(below directory: TreePath) throws(FleetError) -> [ClusterFile] {
    var files: [ClusterFile] = []
    var directories = [(path: directory, depth: 1)]
    while let (path, depth) = directories.popLast() {
      guard depth <= FleetLimits.directoryDepth else {
        throw FleetError(
          .limitExceeded, "more than \(FleetLimits.directoryDepth) directories deep",
          at: FleetError.Address(file: path.description))
      }
      for (entry, path) in try visible(path) {
        if entry.kind == .directory {
          directories.append((path, depth + 1))
        } else if let file = cluster(entry, path) {
          files.append(file)
        }
      }
      guard files.count <= FleetLimits.clusters else {
        throw FleetError(.limitExceeded, "more than \(FleetLimits.clusters) clusters")
      }
    }
    return files.sorted { $0.path < $1.path }
  }

  private func cluster(_ entry: TreeEntry, _ path: TreePath) -> ClusterFile? {
    let file = ClusterFile(path, named: entry.stem, entry.contentID)
    guard entry.kind == .file else { return file.refused(entry.kind) }
    guard entry.isDeclaration else { return nil }
    if !entry.name.hasSuffix(".yaml") {
      file.log.add(nameError("a file of another name than NAME.yaml", "rename the file to \(entry.stem).yaml"))
    } else if !Names.isLabel(entry.stem[...]) {
      file.log.add(
        nameError("the file's name is no name of a cluster: small letters, digits and '-', at most 63", ""))
    }
    return file
  }

  /// The files of apps: `app.yaml` in each directory below. Directories without one hold no app.
  func apps(below directory: TreePath) throws(FleetError) -> [AppFile] {
    var files: [AppFile] = []
    for (entry, path) in try visible(directory) {
      switch entry.kind {
      case .file: continue
      case .directory: if let file = try app(in: path) { files.append(file) }
      case .symbolicLink, .submodule: files.append(AppFile(path, in: path, entry.contentID).refused(entry.kind))
      }
      guard files.count <= FleetLimits.apps else {
        throw FleetError(.limitExceeded, "more than \(FleetLimits.apps) apps")
      }
    }
    return files.sorted { $0.path < $1.path }
  }

  private func app(in directory: TreePath) throws(FleetError) -> AppFile? {
    let candidates = try visible(directory).filter(\.entry.mayDeclareApp)
    guard let (entry, path) = candidates.first(where: { $0.entry.name == AppReader.file }) ?? candidates.first else {
      return nil
    }
    let file = AppFile(path, in: directory, entry.contentID)
    if entry.kind != .file { return file.refused(entry.kind) }
    if entry.name != AppReader.file {
      file.log.add(nameError("a file of another name than \(AppReader.file)", "rename the file to \(AppReader.file)"))
    } else if !Names.isLabel(directory.name[...]) {
      file.log.add(
        nameError("the directory's name is no name of an app: small letters, digits and '-', at most 63", ""))
    }
    return file
  }

  private func nameError(_ message: String, _ nextStep: String) -> FleetError {
    FleetError(.invalidField, message, at: FleetError.Address(line: 1, field: "metadata.name"), nextStep: nextStep)
  }

  private func visible(_ directory: TreePath) throws(FleetError) -> [(entry: TreeEntry, path: TreePath)] {
    try tree.list(directory).compactMap { entry in
      guard !entry.name.hasPrefix("."), let path = directory.appending(entry.name) else { return nil }
      return (entry, path)
    }
  }
}

extension TreeEntry {
  /// Whether it is an app's declaration, or was meant to be.
  var mayDeclareApp: Bool { !name.hasPrefix(".") && isDeclaration && stem.lowercased() == "app" }

  /// The name without its last ending.
  fileprivate var stem: String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }

  /// Whether the name's ending is one that people give to YAML and JSON, in whatever case.
  fileprivate var isDeclaration: Bool {
    [".yaml", ".yml", ".json"].contains { name.lowercased().hasSuffix($0) }
  }
}

extension ClusterFile {
  fileprivate func refused(_ kind: TreeEntry.Kind) -> ClusterFile {
    log.add(.notAFile(kind))
    return self
  }
}

extension AppFile {
  fileprivate func refused(_ kind: TreeEntry.Kind) -> AppFile {
    log.add(.notAFile(kind))
    return self
  }
}

extension FleetError {
  /// What stands where a declaration should, and cannot be one.
  static func notAFile(_ kind: TreeEntry.Kind) -> FleetError {
    let found =
      switch kind {
      case .symbolicLink: "a symbolic link"
      case .submodule: "a Git submodule"
      case .directory: "a directory"
      case .file: "something else"
      }
    return FleetError(.declarationFile, "\(found) where a file should stand", nextStep: "put the file itself here")
  }
}
