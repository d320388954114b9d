import Digests
import Manifests
import Synchronization

/// What the watches last said of the objects that carry the agent's label: no more of each than comparing needs.
final class LiveObjects: Sendable {
  struct Entry: Sendable {
    var app: String
    var uid: String
    var version: String
    /// The digest in the annotation; nil when it has none.
    var applied: Digest?
    var fields: Fields
    var isTerminating: Bool
  }

  /// The agent's own fields.
  enum Fields: Sendable, Equatable {
    case none
    /// As compact JSON, until they were compared with a manifest.
    case unchecked([UInt8])
    /// They hold all of the manifest whose digest the annotation names.
    case complete(Digest)

    var digest: Digest? {
      switch self {
      case .none: nil
      case .unchecked(let bytes): Digest(of: bytes)
      case .complete(let digest): digest
      }
    }
  }

  fileprivate struct State {
    var entries: [ObjectID: Entry] = [:]
    /// Kinds of which everything there is was told.
    var complete: Set<String> = []
    /// What was told since a kind's watch began anew.
    var told: [String: Set<ObjectID>] = [:]
    /// Objects that are being written now: what is told of them is the agent's own doing.
    var inFlight: Set<ObjectID> = []
  }

  private let state = Mutex(State())

  subscript(id: ObjectID) -> Entry? { state.withLock { $0.entries[id] } }

  var count: Int { state.withLock { $0.entries.count } }

  func isComplete(_ resource: APIResource) -> Bool {
    state.withLock { $0.complete.contains(resource.qualifiedName) }
  }

  /// Runs writes of an object; events about it meanwhile are no drift.
  func writing<Result>(_ id: ObjectID, _ body: () async -> Result) async -> Result {
    _ = state.withLock { $0.inFlight.insert(id) }
    let result = await body()
    _ = state.withLock { $0.inFlight.remove(id) }
    return result
  }

  /// Takes what an apply answered: whatever fields the agent has now are those of what it applied.
  func record(applied live: Value, as id: ObjectID) {
    var entry = Entry(live)
    if let fields = entry.fields.digest { entry.fields = .complete(fields) }
    state.withLock { [entry] state in
      state.entries[id] = entry
      // A list that began before this write does not know of it.
      for name in state.told.keys { state.told[name]?.insert(id) }
    }
  }

  /// Remembers that the fields of an object were found to be complete, so that the next look costs nothing.
  func confirm(_ id: ObjectID, _ fields: Digest) {
    state.withLock { state in
      if state.entries[id]?.fields.digest == fields { state.entries[id]?.fields = .complete(fields) }
    }
  }

  func forget(_ id: ObjectID) { state.withLock { $0.entries[id] = nil } }

  /// Takes what a watch tells; the apps whose objects somebody else changed or deleted.
  func take(_ event: WatchEvent, of resource: APIResource) -> Set<String> {
    state.withLock { state in
      let name = resource.qualifiedName
      switch event {
      case .begin:
        state.told[name] = []
        state.complete.remove(name)
        return []
      case .present(let object):
        let id = ObjectID(live: object, of: resource)
        state.told[name]?.insert(id)
        return state.put(id, Entry(object))
      case .gone(let object): return state.drop(ObjectID(live: object, of: resource))
      case .complete:
        state.complete.insert(name)
        let told = state.told.removeValue(forKey: name) ?? []
        let missing = state.entries.keys.filter {
          $0.group == resource.group && $0.kind == resource.kind && !told.contains($0)
        }
        return missing.reduce(into: []) { $0.formUnion(state.drop($1)) }
      case .interrupted, .resumed: return []
      }
    }
  }
}

extension LiveObjects.State {
  fileprivate mutating func put(_ id: ObjectID, _ entry: LiveObjects.Entry) -> Set<String> {
    let before = entries[id]
    guard before?.version != entry.version else { return [] }
    var entry = entry
    let isSame = before?.uid == entry.uid && before?.fields.digest == entry.fields.digest
    if isSame, let before { entry.fields = before.fields }
    entries[id] = entry
    // The first that is told of an object is no change of it.
    guard let before, !inFlight.contains(id) else { return [] }
    let isTouched =
      !isSame || before.applied != entry.applied || before.app != entry.app
      || (entry.isTerminating && !before.isTerminating)
    return isTouched ? [before.app, entry.app] : []
  }

  fileprivate mutating func drop(_ id: ObjectID) -> Set<String> {
    guard let before = entries.removeValue(forKey: id), !inFlight.contains(id) else { return [] }
    return [before.app]
  }
}

extension LiveObjects.Entry {
  init(_ live: Value) {
    app = Ownership.app(of: live) ?? ""
    uid = live[path: "metadata", "uid"]?.string ?? ""
    version = live[path: "metadata", "resourceVersion"]?.string ?? ""
    applied = live[path: "metadata", "annotations", Ownership.appliedAnnotation]?.string.flatMap { Digest(hex: $0) }
    fields = FieldCoverage.ownFields(of: live).map { .unchecked(JSON.canonical($0)) } ?? .none
    isTerminating = live[path: "metadata", "deletionTimestamp"]?.string != nil
  }

  /// Whether nothing of what was applied differs; the fields' digest when that was found out just now.
  func isAsApplied(_ payload: ApplyPayload, app: String) -> (holds: Bool, confirmed: Digest?) {
    guard self.app == app, applied == payload.digest, !isTerminating else { return (false, nil) }
    switch fields {
    case .none: return (false, nil)
    case .complete: return (true, nil)
    case .unchecked(let bytes):
      guard let fields = try? JSON.parse(bytes, file: "fieldsV1"), FieldCoverage.covers(fields, payload.object) else {
        return (false, nil)
      }
      return (true, Digest(of: bytes))
    }
  }
}

extension ObjectID {
  /// What a live object is, under the group and kind that it was asked for by.
  init(live: Value, of resource: APIResource) {
    self.init(
      group: resource.group, kind: resource.kind, namespace: live[path: "metadata", "namespace"]?.string ?? "",
      name: live[path: "metadata", "name"]?.string ?? "")
  }
}
