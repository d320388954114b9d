import Digests
import FleetModel
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
    var health: HealthJudge.Judgement
    /// What was found beneath it while it was not well.
    var trouble: Trouble?
    /// Who made the change by which it drifted; empty while it has not.
    var changedBy = ""

    /// Its health with the reason in words.
    var explained: HealthVerdict {
      health.verdict.health == .healthy ? health.verdict : health.verdict.explained(by: trouble)
    }
  }

  /// What an event comes to, by app.
  struct News: Sendable, Equatable {
    /// Somebody else changed or deleted an object of theirs.
    var drifted: Set<String> = []
    /// What is known of the health of their objects changed.
    var healthChanged: Set<String> = []
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

  /// A change of an object that was being written when it was told.
  fileprivate struct Overlooked {
    var app: String
    /// The object as it was deleted; nil when it was only changed.
    var deleted: Entry?
  }

  fileprivate struct State {
    var entries: [ObjectID: Entry] = [:]
    /// Kinds, each in each scope, of which everything there is was told.
    var complete: Set<String> = []
    /// Kinds of which everything was told once, whether or not it is being told anew.
    var read: Set<String> = []
    /// What was told since a kind's watch began anew.
    var told: [String: Set<ObjectID>] = [:]
    /// Objects that are being written now: what is told of them is the agent's own doing.
    var inFlight: Set<ObjectID> = []
    /// What was told of objects in flight that is somebody else's doing, unless an answer shows otherwise.
    var overlooked: [ObjectID: Overlooked] = [:]
  }

  private let judge: HealthJudge
  private let reach: Reach
  /// Hears of drift that no event tells any more.
  private let listener = Mutex<(@Sendable (String) -> Void)?>(nil)
  private let state = Mutex(State())

  init(judge: HealthJudge, reach: Reach) {
    self.judge = judge
    self.reach = reach
  }

  subscript(id: ObjectID) -> Entry? { state.withLock { $0.entries[id] } }

  var count: Int { state.withLock { $0.entries.count } }

  func isComplete(_ resource: APIResource) -> Bool {
    state.withLock { state in names(of: resource).allSatisfy(state.complete.contains) }
  }

  /// Whether everything there is of a kind was told at least once.
  func wasRead(_ resource: APIResource) -> Bool {
    state.withLock { state in names(of: resource).allSatisfy(state.read.contains) }
  }

  private func names(of resource: APIResource) -> [String] {
    reach.scopes(of: resource).map { resource.name(in: $0) }
  }

  /// Runs writes of an object; events about it meanwhile are no drift.
  func writing<Result>(_ id: ObjectID, _ body: () async -> Result) async -> Result {
    _ = state.withLock { $0.inFlight.insert(id) }
    let result = await body()
    let overlooked = state.withLock { state in
      state.inFlight.remove(id)
      return state.overlooked.removeValue(forKey: id)
    }
    if let overlooked, !overlooked.app.isEmpty { listener.withLock(\.self)?(overlooked.app) }
    return result
  }

  /// - Parameter listener: is told the app of an object that somebody changed while it was written.
  func listen(_ listener: (@Sendable (String) -> Void)?) { self.listener.withLock { $0 = listener } }

  /// Takes what an apply answered: whatever fields the agent has now are those of what it applied.
  /// - Returns: the version that was answered, and the agent's fields in it. By now there may be newer ones.
  @discardableResult
  func record(applied live: Value, as id: ObjectID) -> (version: String, fields: Digest?) {
    var entry = Entry(live, judge)
    if let fields = entry.fields.digest { entry.fields = .complete(fields) }
    state.withLock { [entry] state in
      // Deleted since, and told so already: nothing would tell of it again.
      if let deleted = state.overlooked[id]?.deleted, deleted.isNewer(than: entry) { return }
      // A list that began before this write does not know of it.
      for name in state.told.keys { state.told[name]?.insert(id) }
      if let known = state.entries[id], known.isNewer(than: entry) {
        // A watch was quicker and tells of what happened after the write; so it is with a change of what was written.
        guard known.fields.digest == entry.fields.digest else { return }
        state.entries[id]?.fields = entry.fields
      } else {
        state.entries[id] = entry.keepingTrouble(of: state.entries[id])
      }
      state.overlooked[id] = nil
    }
    return (entry.version, entry.fields.digest)
  }

  /// Remembers that the fields of an object were found to be complete, so that the next look costs nothing.
  func confirm(_ id: ObjectID, _ fields: Digest) {
    state.withLock { state in
      if state.entries[id]?.fields.digest == fields { state.entries[id]?.fields = .complete(fields) }
    }
  }

  func forget(_ id: ObjectID) {
    state.withLock { state in
      state.entries[id] = nil
      state.overlooked[id] = nil
    }
  }

  /// Takes what a watch tells.
  /// - Parameter scope: the namespace that is watched; empty for all.
  func take(_ event: WatchEvent, of resource: APIResource, in scope: String = "") -> News {
    let name = resource.name(in: scope)
    switch event {
    case .begin:
      state.withLock { state in
        state.told[name] = []
        state.complete.remove(name)
      }
      return News()
    case .present(let object):
      let id = ObjectID(live: object, of: resource)
      let entry = Entry(object, judge)
      let changer = FieldCoverage.latestManagers(of: object)
      return state.withLock { state in
        // While everything is told anew, a server that lost some of its past may tell of older versions.
        let mayBeOlder = state.told[name] != nil
        state.told[name]?.insert(id)
        return state.put(id, entry, by: changer, evenIfOlder: mayBeOlder)
      }
    case .gone(let object):
      let deleted = Entry(object, judge)
      return state.withLock { $0.drop(ObjectID(live: object, of: resource), deleted) }
    case .complete: return state.withLock { $0.finish(name, resource, scope) }
    case .interrupted, .resumed: return News()
    }
  }

  /// Takes what a closer look found; the app, if its object's health is another now.
  func take(_ id: ObjectID, _ live: Value, trouble: Trouble?) -> String? {
    let found = Entry(live, judge)
    return state.withLock { state in
      guard let known = state.entries[id], known.uid == found.uid, !known.isNewer(than: found) else { return nil }
      var entry = known
      entry.health = found.health
      entry.trouble = trouble
      state.entries[id] = entry
      return known.explained != entry.explained || known.health.rule != entry.health.rule ? entry.app : nil
    }
  }
}

extension LiveObjects.State {
  fileprivate mutating func put(
    _ id: ObjectID, _ entry: LiveObjects.Entry, by changer: String, evenIfOlder: Bool
  ) -> LiveObjects.News {
    let before = entries[id]
    guard before?.version != entry.version else { return LiveObjects.News() }
    if let before, before.isNewer(than: entry), !evenIfOlder { return LiveObjects.News() }
    var entry = entry.keepingTrouble(of: before)
    let isSame = before?.uid == entry.uid && before?.fields.digest == entry.fields.digest
    if isSame, let before {
      entry.fields = before.fields
      entry.changedBy = before.changedBy
    }
    entries[id] = entry
    // The first that is told of an object is no change of it.
    guard let before else { return LiveObjects.News(healthChanged: [entry.app]) }
    var news = LiveObjects.News()
    let isTouched =
      !isSame || before.applied != entry.applied || before.app != entry.app
      || (entry.isTerminating && !before.isTerminating)
    if isTouched {
      entries[id]?.changedBy = changer
      if inFlight.contains(id) {
        overlooked[id] = LiveObjects.Overlooked(app: before.app)
      } else {
        news.drifted = [before.app, entry.app]
      }
    }
    if isTouched || before.health != entry.health { news.healthChanged = [before.app, entry.app] }
    return news
  }

  fileprivate mutating func drop(_ id: ObjectID, _ deleted: LiveObjects.Entry? = nil) -> LiveObjects.News {
    guard let before = entries.removeValue(forKey: id) else { return LiveObjects.News() }
    if inFlight.contains(id) { overlooked[id] = LiveObjects.Overlooked(app: before.app, deleted: deleted ?? before) }
    return LiveObjects.News(drifted: inFlight.contains(id) ? [] : [before.app], healthChanged: [before.app])
  }

  /// Everything of a kind was told: what was not is gone.
  fileprivate mutating func finish(
    _ name: String, _ resource: APIResource, _ scope: String
  ) -> LiveObjects.News {
    complete.insert(name)
    read.insert(name)
    let told = told.removeValue(forKey: name) ?? []
    let missing = entries.keys.filter {
      $0.group == resource.group && $0.kind == resource.kind && (scope.isEmpty || $0.namespace == scope)
        && !told.contains($0)
    }
    return missing.reduce(into: LiveObjects.News()) { news, id in
      let dropped = drop(id)
      news.drifted.formUnion(dropped.drifted)
      news.healthChanged.formUnion(dropped.healthChanged)
    }
  }
}

extension LiveObjects.Entry {
  init(_ live: Value, _ judge: HealthJudge) {
    app = Ownership.app(of: live) ?? ""
    health = judge.judge(live, of: app)
    uid = live[path: "metadata", "uid"]?.string ?? ""
    version = live[path: "metadata", "resourceVersion"]?.string ?? ""
    applied = live[path: "metadata", "annotations", Ownership.appliedAnnotation]?.string.flatMap { Digest(hex: $0) }
    fields = FieldCoverage.ownFields(of: live).map { .unchecked(JSON.canonical($0)) } ?? .none
    isTerminating = live[path: "metadata", "deletionTimestamp"]?.string != nil
  }

  /// Whether this is a later state of the same object. Versions are numbers that grow, which Kubernetes promises since
  /// 1.35 and has always kept; of others nothing is said.
  func isNewer(than other: LiveObjects.Entry) -> Bool {
    guard uid == other.uid, let own = UInt64(version), let others = UInt64(other.version) else { return false }
    return own > others
  }

  /// What is wrong beneath an object is likely still so while it is unwell, but not once it was applied anew.
  fileprivate func keepingTrouble(of before: LiveObjects.Entry?) -> LiveObjects.Entry {
    guard let before, before.uid == uid, before.applied == applied, health.verdict.health != .healthy else {
      return self
    }
    var entry = self
    entry.trouble = before.trouble
    return entry
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

extension APIResource {
  /// What its objects in one namespace, or in all, are called together.
  fileprivate func name(in scope: String) -> String { scope.isEmpty ? qualifiedName : "\(qualifiedName) in \(scope)" }
}

extension ObjectID {
  /// What a live object is, under the group and kind that it was asked for by.
  init(live: Value, of resource: APIResource) {
    self.init(
      group: resource.group, kind: resource.kind, namespace: live[path: "metadata", "namespace"]?.string ?? "",
      name: live[path: "metadata", "name"]?.string ?? "")
  }
}
