public import Manifests

/// What a watch tells of the objects of one kind.
public enum WatchEvent: Sendable {
  /// Everything there is will now be told, from the beginning.
  case begin
  /// This is there now: new, changed, or told again.
  case present(Value)
  /// It is gone, or no longer matches the selector.
  case gone(Value)
  /// Everything there is has been told since `begin`; what was not is gone.
  case complete
  /// Nothing can be told for a while.
  case interrupted(APIFailure)
  /// What happened since the interruption will now be told; follows every interruption that ends.
  case resumed
}

/// One line of a watch's answer.
enum WatchLine {
  case event(WatchEvent, version: String?)
  /// Only the version moves on.
  case bookmark(version: String, endsInitialEvents: Bool)
  case error(Value)

  /// nil for what no API server sends.
  init?(_ bytes: [UInt8]) {
    let limits = ParseLimits(bytes: ClientLimits.eventBytes)
    guard let value = try? JSON.parse(bytes, file: "watch", limits: limits), let object = value["object"] else {
      return nil
    }
    let version = object[path: "metadata", "resourceVersion"]?.string
    switch value["type"]?.string {
    case "ADDED", "MODIFIED": self = .event(.present(object), version: version)
    case "DELETED": self = .event(.gone(object), version: version)
    case "ERROR": self = .error(object)
    case "BOOKMARK":
      guard let version else { return nil }
      let end = object[path: "metadata", "annotations", "k8s.io/initial-events-end"]?.string == "true"
      self = .bookmark(version: version, endsInitialEvents: end)
    default: return nil
    }
  }
}
