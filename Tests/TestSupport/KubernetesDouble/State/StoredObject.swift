import Manifests

/// Where an object of one resource is kept.
struct ObjectKey: Hashable, Comparable, Sendable {
  /// Empty where the kind has no namespaces.
  var namespace: String
  var name: String

  static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    left.namespace == right.namespace
      ? left.name.precedesInBytes(right.name) : left.namespace.precedesInBytes(right.namespace)
  }

  /// What continue tokens say.
  var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}

/// An object as it is stored, with its text and its owners read once.
struct StoredObject: Sendable {
  let value: Value
  let managed: ManagedFields
  /// The object as JSON.
  let bytes: [UInt8]

  init(_ value: Value, _ managed: ManagedFields) {
    var value = value
    value.updateMetadata { $0["managedFields"] = managed.entries.isEmpty ? Value?.none : managed.value }
    self.value = value
    self.managed = managed
    bytes = JSON.compact(value)
  }

  var metadata: Object { value["metadata"]?.object ?? Object() }
  var name: String { metadata["name"]?.string ?? "" }
  var namespace: String { metadata["namespace"]?.string ?? "" }
  var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
  var uid: String { metadata["uid"]?.string ?? "" }
  var resourceVersion: Int { metadata["resourceVersion"]?.string.flatMap { Int($0) } ?? 0 }
  var labels: Object { metadata["labels"]?.object ?? Object() }
  var finalizers: [String] { value.finalizers }
  var isTerminating: Bool { metadata["deletionTimestamp"] != nil }

  /// The object as one version of its kind shows it.
  func bytes(as kind: ResourceKind) -> [UInt8] {
    value["apiVersion"]?.string == kind.apiVersion ? bytes : JSON.compact(value(as: kind))
  }

  func value(as kind: ResourceKind) -> Value {
    var value = value
    value["apiVersion"] = .string(kind.apiVersion)
    return value
  }
}

extension Value {
  mutating func updateMetadata(_ change: (inout Object) -> Void) {
    var metadata = self["metadata"]?.object ?? Object()
    change(&metadata)
    self["metadata"] = .object(metadata)
  }

  var finalizers: [String] { (self[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string) }

  /// The value at a path of keys.
  func value(at path: [String]) -> Value? {
    path.reduce(Optional(self)) { $0?[$1] }
  }

  /// The value with another at a path of keys, maps made on the way.
  func setting(_ value: Value?, at path: [String]) -> Value {
    guard let first = path.first else { return value ?? .null }
    var object = self.object ?? Object()
    if path.count == 1 {
      object[first] = value
    } else {
      object[first] = (object[first] ?? .object(Object())).setting(value, at: Array(path.dropFirst()))
    }
    return .object(object)
  }
}
