import Foundation
import Manifests

/// Everything the server knows. Requests and time come in, answers and watch events go out; it does no I/O.
struct ClusterState: Sendable {
  var settings: DoubleSettings
  var now = Date(timeIntervalSince1970: 0)
  /// The store's revision: every write raises it.
  var revision = 1
  var catalog = Catalog()
  /// By resource (`deployments.apps`), then by namespace and name.
  var objects: [String: [ObjectKey: StoredObject]] = [:]
  var log = EventLog()
  var watches: [Int: Watch] = [:]
  var lastWatch = 0
  /// What watches are to be sent, in order; the shell takes it after every step.
  var outbox: [WatchDelivery] = []
  var timers = TimerQueue()
  /// What lists handed out in part: the rest, by the token that asks for it.
  var pages: [String: ListPage] = [:]
  var identities = IdentitySource()
  /// Whom tokens were given to, by token.
  var issuedTokens: [String: APIRequest.User] = [:]
  /// What controllers have still to look at.
  var pendingWork: [ChangeEvent] = []
  /// CustomResourceDefinitions that were changed lately: watches of them are refused until then.
  var reinitializing: [String: Date] = [:]
  /// Since when CustomResourceDefinitions have been served, by name.
  var servedSince: [String: Date] = [:]
  /// How many addresses Services were given.
  var lastAddress = 0

  init(settings: DoubleSettings) {
    self.settings = settings
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] { bootstrapNamespace(name) }
  }

  var timestamp: String { now.formatted(.iso8601) }

  func object(_ resource: String, _ namespace: String, _ name: String) -> StoredObject? {
    objects[resource]?[ObjectKey(namespace: namespace, name: name)]
  }

  /// The objects of a resource in the order of their names.
  func all(_ resource: String) -> [StoredObject] {
    (objects[resource] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
  }

  private mutating func bootstrapNamespace(_ name: String) {
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Namespace") else { return }
    var value: Value = ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]]
    value = Defaults.filled(value, kind)
    value["status"] = ["phase": "Active"]
    value.updateMetadata {
      $0["uid"] = .string(identities.next())
      $0["creationTimestamp"] = .string(timestamp)
      $0["labels"] = ["kubernetes.io/metadata.name": .string(name)]
    }
    store(value, ManagedFields(), kind, previous: nil)
  }
}

/// Gives out identities: different in every server, so that nobody takes one for another's.
struct IdentitySource: Sendable {
  private var generator = SystemRandomNumberGenerator()

  mutating func next() -> String { UUID().uuidString.lowercased() }

  /// Five letters and digits, as names that a server makes end in.
  mutating func nameSuffix() -> String {
    let letters = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<5).compactMap { _ in letters.randomElement(using: &generator) })
  }
}

/// The objects of a list that the next pages show.
struct ListPage: Sendable {
  var objects: [StoredObject]
  var revision: Int
}
