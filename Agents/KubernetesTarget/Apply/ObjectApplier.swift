import AgentCore
import Digests
import FleetModel
import Logging
import Manifests

/// Makes single objects be as an app declares them, with a request only where something may differ.
struct ObjectApplier: Sendable {
  var client: APIClient
  let discovery: Discovery
  let live: LiveObjects
  let watches: WatchSet
  let reach: Reach
  let logger: Logger
  /// How long an object that is replaced may take to go.
  let deletionDeadline: Duration

  /// Where an object lives on this server.
  struct Place: Sendable {
    var resource: APIResource
    /// With the namespace that the server files it under.
    var id: ObjectID
  }

  func place(_ payload: ApplyPayload, for app: String) async throws(APIFailure) -> Place {
    let apiVersion = payload.object["apiVersion"]?.string ?? ""
    let version = String(apiVersion.split(separator: "/").last ?? "")
    let resource = try await discovery.resource(group: payload.id.group, version: version, kind: payload.id.kind)
    let id = payload.id.filed(under: resource)
    if let refusal = reach.refusal(of: id) { throw refusal }
    watches.add(resource, for: app)
    return Place(resource: resource, id: id)
  }

  /// - Parameter isFirst: whether the app has never applied it before.
  func apply(
    _ payload: ApplyPayload, at place: Place, for app: DesiredApp, _ mode: ApplyMode, isFirst: Bool
  ) async throws(APIFailure) -> ObjectOutcome.Result {
    let known = live[place.id]
    let isFollowed = watches.isFollowed(place.resource)
    if let known, isFollowed {
      let (holds, confirmed) = known.isAsApplied(payload, app: app.name)
      if let confirmed { live.confirm(place.id, confirmed) }
      if holds { return .unchanged }
    }
    let ignored = app.policy.ignore.pointers(for: payload.id)
    if mode == .compare { return try await compare(payload, place, ignored) }
    if !ignored.isEmpty { return try await applyKeeping(ignored, payload, place, app) }
    let force = app.policy.conflicts == .take
    let (object, isNew) = try await write(payload, payload.body, place, app)
    let settled = isFirst && !isNew ? try await adopt(object, payload, place, force: force) : object
    let written = live.record(applied: settled, as: place.id)
    if isNew { return .created }
    if known?.version == written.version { return .unchanged }
    // Somebody else's change of the object, its status for instance, may have moved the version meanwhile.
    let isSame = isFollowed && known?.applied == payload.digest && known?.fields.digest == written.fields
    return isSame ? .unchanged : .changed
  }

  private func write(
    _ payload: ApplyPayload, _ body: [UInt8], _ place: Place, _ app: DesiredApp
  ) async throws(APIFailure) -> (live: Value, isNew: Bool) {
    let force = app.policy.conflicts == .take
    do throws(APIFailure) {
      return try await client.apply(place.resource, place.id, body, force: force)
    } catch {
      guard case .immutable = error.kind, payload.allowsReplacing else { throw error }
      try await makeWay(for: payload, place, app, instead: error)
      let made = try await client.apply(place.resource, place.id, body, force: force)
      return (made.live, false)
    }
  }

  /// What was there before the agent: what a client-side apply wrote is taken over, so that Git can drop it.
  private func adopt(
    _ object: Value, _ payload: ApplyPayload, _ place: Place, force: Bool
  ) async throws(APIFailure) -> Value {
    let managers = (object[path: "metadata", "managedFields"]?.array ?? []).compactMap { $0["manager"]?.string }
    logger.notice(
      "adopted an object that was there before",
      metadata: ["object": "\(place.id)", "managers": "\(Set(managers).sorted().joined(separator: ", "))"])
    guard let patch = ManagedFieldsUpgrade.patch(for: object) else { return object }
    _ = try await client.patch(place.resource, place.id, patch)
    return try await client.apply(place.resource, place.id, payload.body, force: force).live
  }

  /// Applies with the live values of ignored fields: leaving them out would reset them.
  private func applyKeeping(
    _ ignored: [JSONPointer], _ payload: ApplyPayload, _ place: Place, _ app: DesiredApp
  ) async throws(APIFailure) -> ObjectOutcome.Result {
    let before = try await client.find(place.resource, place.id)
    let body = before.map { payload.keeping(ignored, of: $0) } ?? payload.body
    let (object, isNew) = try await write(payload, body, place, app)
    live.record(applied: object, as: place.id)
    guard let before, !isNew else { return .created }
    // Controllers may have written to the object meanwhile: only what the app declares counts. What it no longer does
    // shows in the digest, which is part of it.
    return before.restricted(to: payload.shape) == object.restricted(to: payload.shape) ? .unchanged : .changed
  }

  /// Finds out whether an apply would change anything: a dry run that changes nothing is the live object itself.
  private func compare(
    _ payload: ApplyPayload, _ place: Place, _ ignored: [JSONPointer]
  ) async throws(APIFailure) -> ObjectOutcome.Result {
    for _ in 0..<Self.comparisons {
      guard let before = try await client.find(place.resource, place.id) else { return .differs }
      let body = payload.keeping(ignored, of: before)
      let (after, _) = try await client.apply(place.resource, place.id, body, force: true, dryRun: true)
      if before.content == after.content { return .unchanged }
      // A dry run has the version of what it looked at: with another one it did not look at the same object.
      if before.version == after.version { return .differs }
    }
    return .differs
  }

  /// How often an object is compared that somebody else changes meanwhile, before it counts as different.
  private static let comparisons = 5
}

extension ObjectID {
  /// The identity under which the server files the object: cluster-scoped kinds have no namespace, others have one.
  func filed(under resource: APIResource) -> ObjectID {
    var id = self
    if !resource.isNamespaced { id.namespace = "" } else if namespace.isEmpty { id.namespace = "default" }
    return id
  }
}

extension [AppPolicy.IgnoredDifference] {
  func pointers(for id: ObjectID) -> [JSONPointer] {
    filter { $0.group == id.group && $0.kind == id.kind }.flatMap { $0.jsonPointers.compactMap { JSONPointer($0) } }
  }
}

extension ApplyPayload {
  /// What of a live object the app has declared.
  fileprivate var shape: Value {
    var shape = object
    // Written there, and read here.
    if id.kind == "Secret", shape["stringData"] != nil { shape["data"] = .null }
    return .object(shape)
  }

  /// The body with what is live at these places.
  func keeping(_ pointers: [JSONPointer], of live: Value) -> [UInt8] {
    var value = Value.object(object)
    for pointer in pointers { pointer.set(pointer.value(in: live), in: &value) }
    return JSON.compact(value)
  }
}

extension Value {
  /// A live object without what changes although nothing of it does, and without its controllers' status.
  fileprivate var content: Value {
    guard case .object(var object) = self, var metadata = object["metadata"]?.object else { return self }
    for field in ["managedFields", "resourceVersion", "generation"] { metadata[field] = nil }
    object["metadata"] = .object(metadata)
    object["status"] = nil
    return .object(object)
  }

  fileprivate var version: Value? { self[path: "metadata", "resourceVersion"] }

  /// Only what another object has too; lists are kept whole.
  fileprivate func restricted(to other: Value) -> Value {
    guard let object, let shape = other.object else { return self }
    return .object(
      Object(
        uniqueEntries: shape.entries.compactMap { key, value in
          object[key].map { (key: key, value: $0.restricted(to: value)) }
        }))
  }
}
