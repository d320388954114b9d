public import Manifests

/// One object that differs between two renders. What a Secret holds is masked: that it changed is told, not to what.
public struct ObjectChange: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case created
    case changed
    case deleted
  }

  public let id: ObjectID
  /// nil for an object that is new.
  public let before: Value?
  /// nil for an object that is gone.
  public let after: Value?
  /// What changed inside; the whole object where it is new or gone.
  public let fields: [FieldChange]

  public var kind: Kind { before == nil ? .created : after == nil ? .deleted : .changed }

  init(_ id: ObjectID, _ before: Value?, _ after: Value?) {
    let masked = SecretMask.apply(to: id, before, after)
    self.id = id
    self.before = masked.before
    self.after = masked.after
    fields = FieldChange.between(masked.before, masked.after)
  }
}

extension ObjectChange {
  /// What differs between two renders of one app, in the order in which the objects are applied; deleted ones last.
  public static func between(_ before: ManifestSet?, _ after: ManifestSet?) -> [ObjectChange] {
    guard before?.digest != after?.digest else { return [] }
    var old: [ObjectID: Manifest] = [:]
    for manifest in before?.manifests ?? [] { old[manifest.id] = manifest }
    var changes: [ObjectChange] = []
    for manifest in after?.manifests ?? [] {
      let previous = old.removeValue(forKey: manifest.id)
      if previous != manifest { changes.append(ObjectChange(manifest.id, previous?.value, manifest.value)) }
    }
    for manifest in before?.manifests.reversed() ?? [] where old[manifest.id] != nil {
      changes.append(ObjectChange(manifest.id, manifest.value, nil))
    }
    return changes
  }
}

/// Hides what Secrets hold, as `kubectl diff` does.
enum SecretMask {
  private static let fields = ["data", "stringData"]
  static let same: Value = "***"
  static let before: Value = "*** (before)"
  static let after: Value = "*** (after)"
  /// kubectl writes the whole object into it, a Secret's data too.
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  static func apply(
    to id: ObjectID, _ before: Value?, _ after: Value?
  ) -> (before: Value?, after: Value?) {
    guard id.group.isEmpty, id.kind == "Secret" else { return (before, after) }
    return (
      before.map { masked($0, than: after, Self.before) }, after.map { masked($0, than: before, Self.after) }
    )
  }

  private static func masked(_ value: Value, than other: Value?, _ changed: Value) -> Value {
    var value = value
    for field in fields {
      guard let entries = value[field] else { continue }
      guard let object = entries.object else {
        value[field] = entries == other?[field] ? same : changed
        continue
      }
      value[field] = .object(
        Object(
          uniqueEntries: object.entries.map { key, text in
            (key, text == other?[field]?[key] || other == nil ? same : changed)
          }))
    }
    if let text = value[path: "metadata", "annotations", lastApplied] {
      let isSame = other == nil || text == other?[path: "metadata", "annotations", lastApplied]
      guard var metadata = value["metadata"], var annotations = metadata["annotations"] else { return value }
      annotations[lastApplied] = isSame ? same : changed
      metadata["annotations"] = annotations
      value["metadata"] = metadata
    }
    return value
  }
}
