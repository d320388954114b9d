import Manifests

/// What happened to one object.
struct ChangeEvent: Sendable {
  enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
  }

  var kind: Kind
  var resource: String
  var object: StoredObject
  /// What it was before; a watch with a selector needs it.
  var previous: StoredObject?
  var revision: Int
}

/// What happened lately, so that a watch can begin in the past.
struct EventLog: Sendable {
  /// How many events are kept: more than a test's watch falls behind.
  static let capacity = 20_000

  private var events: [ChangeEvent] = []
  /// The newest revision of which nothing is known any more.
  private(set) var forgottenRevision = 0

  mutating func append(_ event: ChangeEvent) {
    events.append(event)
    guard events.count > 2 * Self.capacity else { return }
    forgottenRevision = events[Self.capacity - 1].revision
    events.removeFirst(Self.capacity)
  }

  /// The events after a revision; nil when some of them are forgotten.
  func events(after revision: Int, of resource: String) -> [ChangeEvent]? {
    guard revision >= forgottenRevision else { return nil }
    return events.filter { $0.revision > revision && $0.resource == resource }
  }

  /// Forgets everything: after a restart, or when the store is compacted.
  mutating func forget(until revision: Int) {
    events = []
    forgottenRevision = revision
  }
}
