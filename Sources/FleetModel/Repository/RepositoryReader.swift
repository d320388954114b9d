public import Manifests

extension FleetRepository {
  /// Reads a fleet repository to its end, whatever errors there are on the way.
  ///
  /// - Parameter isTimeZone: whether there is a time zone of a name. This module knows none: without it any name passes
  ///   that could be one.
  public static func read(
    from tree: some ManifestTree, isTimeZone: @escaping (String) -> Bool = Freeze.mayBeTimeZone
  ) -> FleetRepository {
    FleetReading(of: tree, isTimeZone: isTimeZone).repository
  }
}

/// A fleet repository and how it was read: the next commit goes on from it, and parses only files that are new.
public struct FleetReading: Sendable {
  public let repository: FleetRepository
  fileprivate let known: KnownFiles
  private let files: DeclaringFiles?

  /// Reads a fleet repository to its end, whatever errors there are on the way.
  /// - Parameters:
  ///   - previous: a reading of another commit of the same repository.
  ///   - isTimeZone: as `FleetRepository.read` has it.
  public init(
    of tree: some ManifestTree, after previous: FleetReading? = nil,
    isTimeZone: @escaping (String) -> Bool = Freeze.mayBeTimeZone
  ) {
    // An error may be of something that another try does not meet.
    if let previous, previous.repository.errors.isEmpty, let files = previous.files?.found(on: tree),
      files == previous.files
    {
      (repository, known, self.files) = (previous.repository, previous.known, files)
      return
    }
    var reader = RepositoryReader(tree: tree, isTimeZone: isTimeZone, known: previous?.known ?? KnownFiles())
    reader.read()
    repository = reader.repository
    known = reader.known
    files = repository.fleet.flatMap { DeclaringFiles($0.layout, on: tree, after: previous?.files) }
  }
}

/// What files without an error say, each under what it says it in.
private struct KnownFiles: Sendable {
  struct File<Reading: Sendable>: Sendable {
    var content: ContentID
    var reading: Reading
  }

  /// What clusters were checked against, and apps.
  var environments: [String]?
  var pipelines: Set<String>?
  var clusters: [TreePath: File<ClusterReader.Reading>] = [:]
  var apps: [TreePath: File<AppReader.Reading>] = [:]
}

/// Reads the files of a fleet repository, each by itself, and then checks what they say of each other.
private struct RepositoryReader<Tree: ManifestTree> {
  let tree: Tree
  let isTimeZone: (String) -> Bool
  private(set) var known: KnownFiles
  let fleetLog = ErrorLog(FleetError.Address(file: FleetReader.file))
  var fleet = FleetReader.Reading()
  var clusters: [ClusterFile] = []
  var apps: [AppFile] = []

  init(tree: Tree, isTimeZone: @escaping (String) -> Bool, known: KnownFiles) {
    self.tree = tree
    self.isTimeZone = isTimeZone
    self.known = known
  }

  mutating func read() {
    readFleet()
    clusters = listed(fleet.layout.clusters, "clusters", RepositoryFiles(tree: tree).clusters)
    apps = listed(fleet.layout.apps, "apps", RepositoryFiles(tree: tree).apps)
    clusters = clusters.map(read)
    apps = apps.map(read)
    remember()
    var checks = RepositoryChecks(fleet: fleet.declaration, clusters: clusters, apps: apps)
    checks.check()
    (clusters, apps) = (checks.clusters, checks.apps)
  }

  /// Before files are held against each other: what comes of that is no matter of one file alone.
  private mutating func remember() {
    known = KnownFiles(environments: fleet.environments, pipelines: fleet.pipelines)
    for file in clusters where file.log.count == 0 {
      known.clusters[file.path] = KnownFiles.File(content: file.content, reading: file.reading)
    }
    for file in apps where file.log.count == 0 {
      known.apps[file.path] = KnownFiles.File(content: file.content, reading: file.reading)
    }
  }

  private mutating func readFleet() {
    guard let file = TreePath(FleetReader.file) else { return }
    do throws(FleetError) {
      guard let entry = try tree.entry(at: file) else {
        throw FleetError(
          .declarationFile, "there is no such file, and it says what the fleet is",
          nextStep: "write it, or check that this is the root of a fleet repository")
      }
      guard entry.kind == .file else { throw FleetError.notAFile(entry.kind) }
    } catch {
      return fleetLog.add(error)
    }
    guard let document = Document(file, kind: "Fleet", in: tree, fleetLog) else { return }
    fleet = FleetReader(log: fleetLog, isTimeZone: isTimeZone).read(document)
  }

  /// The files below a directory of the layout. When they cannot be found the fleet is not known: a directory that is
  /// away must not look like a fleet without clusters or apps.
  private mutating func listed<File>(
    _ directory: TreePath, _ name: String, _ list: (TreePath) throws(FleetError) -> [File]
  ) -> [File] {
    do throws(FleetError) {
      guard try tree.entry(at: directory)?.kind == .directory else { throw missing(directory, name) }
      return try list(directory)
    } catch {
      // Of a fleet.yaml that cannot be read the layout is only guessed.
      if fleet.declaration != nil { fleetLog.add(error) }
      fleet.declaration = nil
      return []
    }
  }

  private func missing(_ directory: TreePath, _ name: String) -> FleetError {
    var address = fleet.layoutField?.address ?? FleetError.Address()
    address.field = "spec.layout.\(name)"
    return FleetError(
      .declarationFile, "there is no directory \(directory)", at: address,
      nextStep: "create it; an empty file .gitkeep keeps it in Git")
  }

  private func read(_ file: ClusterFile) -> ClusterFile {
    if known.environments == fleet.environments, let known = known.clusters[file.path], known.content == file.content {
      var file = file
      file.reading = known.reading
      return file
    }
    guard file.log.count == 0, let document = Document(file.path, kind: "Cluster", in: tree, file.log) else {
      return file
    }
    var file = file
    let reader = ClusterReader(log: file.log, environments: fleet.environments, kubernetes: fleet.kubernetes)
    file.reading = reader.read(document, file.path, named: file.name)
    return file
  }

  private func read(_ file: AppFile) -> AppFile {
    if known.pipelines == fleet.pipelines, let known = known.apps[file.path], known.content == file.content {
      var file = file
      file.reading = known.reading
      return file
    }
    guard file.log.count == 0, let document = Document(file.path, kind: "App", in: tree, file.log) else { return file }
    var file = file
    let reader = AppReader(log: file.log, pipelines: fleet.pipelines)
    file.reading = reader.read(document, file.path, in: file.directory)
    return file
  }
}

extension RepositoryReader {
  var repository: FleetRepository {
    let isKnown = fleet.declaration != nil
    return FleetRepository(
      fleet: fleet.declaration, clusters: isKnown ? goodClusters : [],
      apps: isKnown ? apps.compactMap(\.reading.declaration).sorted { $0.name < $1.name } : [], errors: errors,
      brokenClusters: brokenClusters,
      brokenApps: Set(apps.filter { $0.reading.declaration == nil }.map(\.name)), brokenFiles: brokenFiles)
  }

  private var goodClusters: [ClusterDeclaration] {
    clusters.compactMap(\.reading.declaration).sorted { $0.name < $1.name }
  }

  /// What broken files call themselves counts too: a file that was renamed by mistake must not make a cluster depart.
  private var brokenClusters: Set<String> {
    let broken = clusters.filter { $0.reading.declaration == nil }
    let claimed = Set(broken.compactMap(\.reading.claimedName)).subtracting(goodClusters.map(\.name))
    return claimed.union(broken.map(\.name))
  }

  private var brokenFiles: Set<TreePath> {
    var files = Set(clusters.filter { $0.reading.declaration == nil }.map(\.path))
    files.formUnion(apps.filter { $0.reading.declaration == nil }.map(\.path))
    if fleet.declaration == nil, let file = TreePath(FleetReader.file) { files.insert(file) }
    return files
  }

  private var errors: [FleetError] {
    let all = fleetLog.errors + clusters.flatMap(\.log.errors) + apps.flatMap(\.log.errors)
    guard all.count > FleetLimits.errors else { return all }
    let more = FleetError(.limitExceeded, "\(all.count - FleetLimits.errors) more errors in the repository")
    return all.prefix(FleetLimits.errors) + [more]
  }
}
