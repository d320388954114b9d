import Digests
import Manifests

/// What marks an object as the agent's.
enum Ownership {
  /// The field manager of every write.
  static let fieldManager = "flotilla"
  /// On every object: its app. Watches select by it, so that only managed objects are ever told.
  static let appLabel = "flotilla.dev/app"
  /// On every object: the digest of what was last applied, so that a later agent knows without writing.
  static let appliedAnnotation = "flotilla.dev/applied"
  /// `disabled` on an object: it is never deleted, only disowned.
  static let pruneAnnotation = "flotilla.dev/prune"
  /// `allowed` on an object in Git: it may be deleted and made anew where a field of it cannot be changed.
  static let replaceAnnotation = "flotilla.dev/replace"

  /// Whether a live object says that it must not be deleted.
  static func keepsFromPruning(_ live: Value) -> Bool {
    live[path: "metadata", "annotations", pruneAnnotation]?.string == "disabled"
  }

  static func app(of live: Value) -> String? { live[path: "metadata", "labels", appLabel]?.string }
}

/// What is sent to apply one object.
struct ApplyPayload: Sendable {
  var id: ObjectID
  var object: Object
  /// Of everything but the annotation that carries it.
  var digest: Digest

  /// The object as its app declares it, marked as the app's.
  init(_ manifest: Manifest, app: String) {
    id = manifest.id
    object = manifest.object
    // The status is the controllers'; servers drop it from an apply, or refuse it.
    object["status"] = nil
    object.mark("labels", Ownership.appLabel, app)
    digest = Digest(of: JSON.canonical(.object(object)))
    object.mark("annotations", Ownership.appliedAnnotation, digest.hex)
  }

  var body: [UInt8] { JSON.compact(.object(object)) }
}

extension Object {
  /// Sets an entry of a map of `metadata`.
  fileprivate mutating func mark(_ map: String, _ key: String, _ text: String) {
    var metadata = self["metadata"]?.object ?? Object()
    var entries = metadata[map]?.object ?? Object()
    entries[key] = .string(text)
    metadata[map] = .object(entries)
    self["metadata"] = .object(metadata)
  }
}
