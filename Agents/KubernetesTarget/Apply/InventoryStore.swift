import Manifests

/// Which objects of the cluster are the agent's, by app, in the order in which they were first applied.
///
/// Kept in the cluster itself, one ConfigMap an app and more for a large one, so that it is lost only together with
/// what it lists. An object is entered before it is applied for the first time and dropped after it is gone. Changes of
/// one app's part go one after the other, those of different apps at once.
actor InventoryStore {
  static let label = "flotilla.dev/inventory"
  /// Entries of one ConfigMap: some 150 bytes each, far below the 1 MiB that a ConfigMap may have.
  static let entriesPerPart = 2_000
  /// ConfigMaps of one app: more objects than a manifest set may have.
  static let partsLimit = 1_000

  private let client: APIClient
  private let namespace: String
  private let turns = Turns()
  private var apps: [String: [ObjectID]]?
  /// Which apps have an object: one, or two while it is being handed over. Without it each app that is applied would
  /// look through what all others have.
  private var owners: [ObjectID: [String]] = [:]
  /// How many ConfigMaps each app has.
  private var parts: [String: Int] = [:]

  private let resource = APIResource(
    group: "", version: "v1", kind: "ConfigMap", name: "configmaps", isNamespaced: true, verbs: [])

  init(client: APIClient, namespace: String) {
    self.client = client
    self.namespace = namespace
  }

  /// All of it, read once.
  func all() async throws(APIFailure) -> [String: [ObjectID]] {
    if let apps { return apps }
    // Nobody reads it while it is changed: without it nothing can be changed.
    return try await turns.run(Self.reading) { () async throws(APIFailure) in
      if let apps { return apps }
      return try await read()
    }
  }

  /// Forgets what was read: another agent may have changed it.
  func readAgain() {
    apps = nil
    owners = [:]
    parts = [:]
  }

  /// No app has this name.
  private static let reading = ""

  private func read() async throws(APIFailure) -> [String: [ObjectID]] {
    var items: [Value] = []
    _ = try await client.list(
      resource, namespace: namespace, labels: Self.label, restart: { items = [] }, { items.append($0) })
    var read: [String: [(part: Int, ids: [ObjectID])]] = [:]
    for item in items {
      let (app, part, ids) = try entry(item)
      read[app, default: []].append((part, ids))
    }
    let loaded = read.mapValues { parts in parts.sorted { $0.part < $1.part }.flatMap(\.ids) }
    parts = read.mapValues { ($0.map(\.part).max() ?? 0) + 1 }
    apps = [:]
    owners = [:]
    for (app, ids) in loaded { note(ids, of: app) }
    return loaded
  }

  /// Enters objects of an app, behind those it has; those that it did not have yet.
  func add(_ ids: [ObjectID], to app: String) async throws(APIFailure) -> Set<ObjectID> {
    try await turns.run(app) { () async throws(APIFailure) in
      let known = try await all()[app] ?? []
      let present = Set(known)
      let new = ids.filter { !present.contains($0) }
      try await store(known + new, of: app)
      return Set(new)
    }
  }

  /// Drops objects of an app.
  func remove(_ ids: Set<ObjectID>, from app: String) async throws(APIFailure) {
    try await turns.run(app) { () async throws(APIFailure) in
      try await store((try await all()[app] ?? []).filter { !ids.contains($0) }, of: app)
    }
  }

  /// Drops objects that an app has taken over from all others.
  func handOver(_ ids: Set<ObjectID>, to app: String) async throws(APIFailure) {
    _ = try await all()
    let others = ids.reduce(into: Set<String>()) { $0.formUnion(owners[$1] ?? []) }.subtracting([app])
    for other in others.sorted() { try await remove(ids, from: other) }
  }

  /// Notes what an app has from now on.
  private func note(_ ids: [ObjectID], of app: String) {
    // What another agent may have changed meanwhile is read anew.
    guard let before = apps else { return }
    for id in before[app] ?? [] {
      owners[id]?.removeAll { $0 == app }
      if owners[id]?.isEmpty == true { owners[id] = nil }
    }
    for id in ids { owners[id, default: []].append(app) }
    apps?[app] = ids.isEmpty ? nil : ids
  }

  private func store(_ ids: [ObjectID], of app: String) async throws(APIFailure) {
    guard ids != apps?[app] ?? [] else { return }
    let count = (ids.count + Self.entriesPerPart - 1) / Self.entriesPerPart
    for part in 0..<count {
      let slice = ids.dropFirst(part * Self.entriesPerPart).prefix(Self.entriesPerPart)
      try await write(part, slice.map(\.description), of: app)
    }
    for part in count..<max(count, parts[app] ?? 0) { try await drop(part, of: app) }
    note(ids, of: app)
    parts[app] = count
  }

  private func id(_ part: Int, _ app: String) -> ObjectID {
    ObjectID(group: "", kind: "ConfigMap", namespace: namespace, name: "flotilla-inventory-\(app)-\(part)")
  }

  private func write(_ part: Int, _ entries: [String], of app: String) async throws(APIFailure) {
    let id = id(part, app)
    let object: Value = [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": [
        "name": .string(id.name), "namespace": .string(namespace), "labels": [Self.label: .string(app)],
      ],
      "data": [
        "part": .string(String(part)),
        "objects": .string(String(decoding: JSON.compact(.array(entries.map(Value.string))), as: UTF8.self)),
      ],
    ]
    do {
      _ = try await client.apply(resource, id, JSON.compact(object), force: true)
    } catch {
      guard error.kind == .notFound else { throw error }
      try await client.makeNamespace(namespace)
      _ = try await client.apply(resource, id, JSON.compact(object), force: true)
    }
  }

  private func drop(_ part: Int, of app: String) async throws(APIFailure) {
    let id = id(part, app)
    do {
      let live = try await client.get(resource, id)
      try await client.delete(resource, id, uid: live[path: "metadata", "uid"]?.string ?? "")
    } catch {
      guard error.kind == .notFound else { throw error }
    }
  }

  private func entry(_ map: Value) throws(APIFailure) -> (app: String, part: Int, ids: [ObjectID]) {
    guard let app = map[path: "metadata", "labels", Self.label]?.string,
      let part = map[path: "data", "part"]?.string.flatMap({ Int($0) }), (0..<Self.partsLimit).contains(part),
      let text = map[path: "data", "objects"]?.string,
      let entries = try? JSON.parse(Array(text.utf8), file: "objects").array
    else { throw unreadable(map) }
    var ids: [ObjectID] = []
    for entry in entries {
      guard let text = entry.string else { throw unreadable(map) }
      let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4 else { throw unreadable(map) }
      ids.append(ObjectID(group: parts[0], kind: parts[1], namespace: parts[2], name: parts[3]))
    }
    return (app, part, ids)
  }

  /// Without a readable inventory nothing may be deleted, so this stops everything that deletes.
  private func unreadable(_ map: Value) -> APIFailure {
    let name = map[path: "metadata", "name"]?.string ?? ""
    return APIFailure(
      .malformedAnswer,
      FleetError(
        .inventory, "is no inventory of this version",
        at: .init(object: "/ConfigMap/\(namespace)/\(name)"),
        nextStep: "restore it, or delete it and have its objects adopted again"))
  }
}

extension FleetError.Code {
  static let inventory = FleetError.Code("kubernetes-inventory")
}
