import AgentCore
import FleetModel
import Logging
import Manifests

/// Making an object anew because a field of it cannot be changed.
extension ObjectApplier {
  /// Deletes the live object, what it owns first, so that the one desired can take its place.
  ///
  /// Only what this app applied is deleted, and only after the server was seen to accept the new one: a dry run under
  /// another name.
  /// - Parameter refusal: why the object cannot be changed; thrown when it cannot be replaced either.
  func makeWay(
    for payload: ApplyPayload, _ place: Place, _ app: DesiredApp, instead refusal: APIFailure
  ) async throws(APIFailure) {
    guard let before = try await client.find(place.resource, place.id) else { return }
    let uid = before[path: "metadata", "uid"]?.string ?? ""
    let isOwn = Ownership.app(of: before) == app.name && FieldCoverage.ownFields(of: before) != nil
    guard isOwn, !Ownership.keepsFromPruning(before), !uid.isEmpty else { throw refusal }
    if before[path: "metadata", "deletionTimestamp"] == nil {
      try await rehearse(payload, place)
      logger.notice("replaces an object", metadata: ["object": "\(place.id)", "because": "\(refusal.error.cause)"])
      try await client.delete(place.resource, place.id, uid: uid)
    }
    live.forget(place.id)
    try await client.awaitEnd(of: place.resource, place.id, uid: uid, until: .now + deletionDeadline)
  }

  /// Has the server check what it is going to be asked to make.
  private func rehearse(_ payload: ApplyPayload, _ place: Place) async throws(APIFailure) {
    var id = place.id
    id.name = "flotilla-replacement"
    var object = payload.object
    object.update("metadata") { metadata in
      guard case .object(var fields) = metadata else { return }
      fields["name"] = .string(id.name)
      metadata = .object(fields)
    }
    _ = try await client.apply(place.resource, id, JSON.compact(.object(object)), force: false, dryRun: true)
  }
}

extension ApplyPayload {
  /// Whether Git lets the object be deleted and made anew; never where that takes along what does not come back.
  var allowsReplacing: Bool {
    object["metadata"]?[path: "annotations", Ownership.replaceAnnotation]?.string == "allowed"
      && DeletionGuards.reason(for: id) == nil
  }
}

extension APIFailure {
  /// The error of an object whose fields cannot be changed.
  func immutable(_ fields: [String], _ id: ObjectID) -> FleetError {
    var error = error
    let named = fields.filter { !$0.isEmpty }
    error.message =
      "\(named.isEmpty ? "a field" : named.joined(separator: ", ")) cannot be changed once the object is made"
    error.address.field = named.first
    let guarded = DeletionGuards.reason(for: id)
    error.nextStep =
      guarded.map { "take the change back in Git, or delete the object by hand (\($0))" }
      ?? "take the change back in Git, or annotate the object with \(Ownership.replaceAnnotation): allowed, so that it is "
      + "deleted and made anew"
    return error
  }
}
