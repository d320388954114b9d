public import AgentCore
import Digests
import FleetModel
public import Logging
public import Manifests

/// Applies to a folder that an edge host watches: one file an object, and a marker per app.
///
/// Files appear whole (written under a dot-name, synced, renamed). Health comes from the probe or is Unknown: what the
/// host made of the files cannot be seen in the folder.
public actor DirectoryTarget: ApplyTarget {
  public nonisolated let kind = "directory"
  public nonisolated let directory: String

  private let layout: DirectoryKind
  private let files: any FileSystem
  let prober: Prober?
  private let logger: Logger
  private var inventory: Inventory?

  /// A target for the folder at an absolute path; the folder is made when it is missing.
  public init(
    directory: String, kind: DirectoryKind, files: any FileSystem, probe: (any HealthProbe)?, logger: Logger
  ) {
    self.directory = directory
    layout = kind
    self.files = files
    prober = probe.map { Prober(probe: $0, logger: logger) }
    self.logger = logger
  }

  public func serverVersion() async -> String { layout.rawValue }

  public nonisolated func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError) {
    try await watchFolder(changed)
  }

  // MARK: Applying

  public func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome] {
    do {
      var inventory = try loadInventory()
      let writes = app.manifests.manifests.map { PlannedFile(manifest: $0, app: app.name, layout: layout) }
      if mode == .enforce { try claim(writes, for: app.name, in: &inventory) }
      let outcomes = writes.map { ObjectOutcome(id: $0.id, result: put($0, mode)) }
      if mode == .enforce { try finish(app, writes, outcomes) }
      return outcomes
    } catch {
      return app.manifests.manifests.map { ObjectOutcome(id: $0.id, result: .failed(error, isTransient: true)) }
    }
  }

  /// Records whose the files are before the first of them is written.
  private func claim(_ writes: [PlannedFile], for app: String, in inventory: inout Inventory) throws(FleetError) {
    let before = inventory
    for write in writes where write.refusal == nil {
      inventory.add(Inventory.Entry(app: app, id: write.id, path: write.path))
    }
    if inventory != before { try store(inventory) }
  }

  private func put(_ write: PlannedFile, _ mode: ApplyMode) -> ObjectOutcome.Result {
    if let refusal = write.refusal {
      let error = FleetError(
        .unsupportedObject, refusal, at: .init(object: write.id.description),
        nextStep: "target another kind of cluster with this app")
      return .failed(error, isTransient: false)
    }
    do {
      let path = "\(directory)/\(write.path)"
      let current = try? files.read(path, limit: max(write.content.count, 1) + 1)
      if current == write.content { return .unchanged }
      if mode == .compare { return .differs }
      try files.makeDirectory(path.directoryPart, mode: 0o755)
      try files.replace(path, with: write.content, mode: write.mode)
      return current == nil ? .created : .changed
    } catch {
      return .failed(error, isTransient: true)
    }
  }

  /// Makes the entries durable, then writes the marker when every file is in place.
  private func finish(_ app: DesiredApp, _ writes: [PlannedFile], _ outcomes: [ObjectOutcome]) throws(FleetError) {
    guard outcomes.allSatisfy({ !$0.result.isFailure }) else { return }
    try takeOver(writes, for: app.name)
    if outcomes.contains(where: { $0.result.isWritten }) {
      for folder in Set(writes.map { "\(directory)/\($0.path)".directoryPart }) { try files.syncDirectory(folder) }
    }
    let marker = Marker(
      app: app.name, digest: app.digest,
      files: Dictionary(writes.map { ($0.path, Digest(of: $0.content)) }, uniquingKeysWith: { first, _ in first }))
    let path = "\(directory)/\(layout.markerPath(of: app.name))"
    guard try files.read(path, limit: Inventory.limit) != marker.json else { return }
    try files.makeDirectory(path.directoryPart, mode: 0o755)
    try files.replace(path, with: marker.json, mode: 0o644)
    try files.syncDirectory(path.directoryPart)
  }

  // MARK: Ownership

  /// Drops the files of other apps for objects that this app has written: they were handed over.
  private func takeOver(_ writes: [PlannedFile], for app: String) throws(FleetError) {
    var inventory = try loadInventory()
    let written = Set(writes.map(\.id))
    let former = inventory.entries.filter { $0.app != app && written.contains($0.id) }
    guard !former.isEmpty else { return }
    for entry in former {
      let path = "\(directory)/\(entry.path)"
      try files.remove(path)
      try files.syncDirectory(path.directoryPart)
      inventory.remove(path: entry.path)
    }
    try forget(Set(former.map(\.app)), leaving: inventory)
  }

  public func owned() async throws(FleetError) -> [OwnedObject] {
    try loadInventory().entries.map { OwnedObject(app: $0.app, id: $0.id) }
  }

  public func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome] {
    guard layout.deletesWithFile else {
      return objects.map { object in
        let error = FleetError(
          .unsupportedObject, "k3s does not delete an object when its file vanishes",
          at: .init(app: object.app, object: object.id.description),
          nextStep: "set prune to false, or delete the object with kubectl and then its file")
        return ObjectOutcome(id: object.id, result: .failed(error, isTransient: false))
      }
    }
    do {
      var inventory = try loadInventory()
      let outcomes = objects.map { ObjectOutcome(id: $0.id, result: removeFile(of: $0, in: &inventory)) }
      try forget(Set(objects.map(\.app)), leaving: inventory)
      return outcomes
    } catch {
      return objects.map { ObjectOutcome(id: $0.id, result: .failed(error, isTransient: true)) }
    }
  }

  private func removeFile(of object: OwnedObject, in inventory: inout Inventory) -> ObjectOutcome.Result {
    do {
      for entry in inventory.entries(of: object.app) where entry.id == object.id {
        let path = "\(directory)/\(entry.path)"
        try files.remove(path)
        try files.syncDirectory(path.directoryPart)
        inventory.remove(path: entry.path)
      }
      return .deleted
    } catch {
      return .failed(error, isTransient: true)
    }
  }

  public func disown(_ objects: [OwnedObject]) async -> [ObjectOutcome] {
    do {
      var inventory = try loadInventory()
      for object in objects {
        for entry in inventory.entries(of: object.app) where entry.id == object.id {
          inventory.remove(path: entry.path)
        }
      }
      try forget(Set(objects.map(\.app)), leaving: inventory)
      return objects.map { ObjectOutcome(id: $0.id, result: .unchanged) }
    } catch {
      return objects.map { ObjectOutcome(id: $0.id, result: .failed(error, isTransient: true)) }
    }
  }

  /// Stores the inventory without what was dropped, then clears away the apps that own nothing any longer.
  private func forget(_ apps: Set<String>, leaving inventory: Inventory) throws(FleetError) {
    try store(inventory)
    for app in apps { try clearAway(app, in: inventory) }
  }

  /// Removes the marker and the folder of an app that owns nothing any longer.
  private func clearAway(_ app: String, in inventory: Inventory) throws(FleetError) {
    guard inventory.entries(of: app).isEmpty else { return }
    let marker = "\(directory)/\(layout.markerPath(of: app))"
    try files.remove(marker)
    if marker.directoryPart != directory { try files.removeDirectory(marker.directoryPart) }
    try files.syncDirectory(directory)
  }

  private func loadInventory() throws(FleetError) -> Inventory {
    if let inventory { return inventory }
    try files.makeDirectory(directory, mode: 0o755)
    let path = "\(directory)/\(Inventory.fileName)"
    try files.removeTemporaries(in: directory)
    for folder in try files.list(directory) where !folder.hasPrefix(".") && layout == .plain {
      try? files.removeTemporaries(in: "\(directory)/\(folder)")
    }
    let bytes = try files.read(path, limit: Inventory.limit)
    let loaded = if let bytes { try Inventory(json: bytes, file: path) } else { Inventory() }
    inventory = loaded
    return loaded
  }

  private func store(_ changed: Inventory) throws(FleetError) {
    guard changed != inventory else { return }
    try files.replace("\(directory)/\(Inventory.fileName)", with: changed.json, mode: 0o644)
    try files.syncDirectory(directory)
    inventory = changed
  }

  // MARK: Health

  public func observe(_ app: DesiredApp) async -> AppObservation {
    guard let prober else { return .unknown("no probe is configured, so nothing can be observed") }
    return await prober.observe(app)
  }

  public func keep(_ apps: Set<String>) async { await prober?.keep(apps) }

  private nonisolated func watchFolder(
    _ changed: @escaping @Sendable (TargetChange) -> Void
  ) async throws(FleetError) {
    let watcher = FolderWatcher(directory: directory, layout: layout, logger: logger)
    let prober = prober
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await watcher.run(changed) }
      if let prober { group.addTask { await prober.run(changed) } }
      await group.waitForAll()
    }
  }
}

/// One object's file as it should be.
private struct PlannedFile {
  var id: ObjectID
  var path: String
  var content: [UInt8]
  var mode: UInt32
  var refusal: String?

  init(manifest: Manifest, app: String, layout: DirectoryKind) {
    id = manifest.id
    path = layout.path(of: manifest.id, in: app)
    content = YAML.emit(.object(manifest.object))
    mode = manifest.id.kind == "Secret" ? 0o600 : 0o644
    refusal = layout.refusal(of: manifest)
  }
}

extension ObjectOutcome.Result {
  fileprivate var isFailure: Bool {
    if case .failed = self { true } else { false }
  }

  fileprivate var isWritten: Bool {
    switch self {
    case .created, .changed: true
    case .unchanged, .deleted, .differs, .failed: false
    }
  }
}

extension String {
  /// All before the last slash.
  var directoryPart: String { lastIndex(of: "/").map { String(self[..<$0]) } ?? "." }
}
