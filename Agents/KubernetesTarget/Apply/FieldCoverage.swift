import Manifests

/// Whether the agent still owns every field that it applied, told from `managedFields` alone.
///
/// A server takes a field away from its owner when somebody else changes it. So as long as every field of a manifest is
/// among those that the agent's own entry lists, and the object says that this manifest was applied last, nothing of it
/// differs, and no request is needed to know it. Shapes that do not fit count as not covered: then the server decides.
struct FieldCoverage {
  /// The entry of the agent's applies: its `fieldsV1`; nil when it has none.
  static func ownFields(of live: Value) -> Value? {
    let entries = live[path: "metadata", "managedFields"]?.array ?? []
    return entries.first {
      $0["manager"]?.string == Ownership.fieldManager && $0["operation"]?.string == "Apply" && $0["subresource"] == nil
    }?["fieldsV1"]
  }

  /// Who, other than the agent, wrote to the object last, its status aside; several when it was in one second.
  static func latestManagers(of live: Value) -> String {
    let entries = (live[path: "metadata", "managedFields"]?.array ?? []).filter {
      $0["manager"]?.string != Ownership.fieldManager && $0["subresource"]?.string != "status"
    }
    // RFC 3339 in UTC: its order is that of time.
    guard let latest = entries.compactMap({ $0["time"]?.string }).max() else { return "" }
    let names = Set(entries.filter { $0["time"]?.string == latest }.compactMap { $0["manager"]?.string })
    return names.sorted().joined(separator: ", ").onOneLine(upTo: HealthLimits.messageCharacters)
  }

  /// Whether these fields hold all of the object.
  static func covers(_ fields: Value, _ desired: Object) -> Bool {
    desired.entries.allSatisfy { key, value in
      switch key {
      case "apiVersion", "kind", "status": true
      case "metadata": coversMetadata(fields["f:metadata"], value.object ?? Object())
      default: coversEntry(fields, key, value)
      }
    }
  }

  /// Name and namespace are the object's identity, not fields that anybody owns.
  private static func coversMetadata(_ fields: Value?, _ metadata: Object) -> Bool {
    metadata.entries.allSatisfy { key, value in
      switch key {
      case "name", "namespace", "creationTimestamp": true
      default: fields.map { coversEntry($0, key, value) } ?? false
      }
    }
  }

  private static func coversEntry(_ fields: Value, _ key: String, _ value: Value) -> Bool {
    // A null is not there.
    if value.isNull { return true }
    return fields["f:\(key)"].map { covers($0, value) } ?? false
  }

  private static func covers(_ node: Value, _ value: Value) -> Bool {
    // A leaf: the whole of what stands here is owned.
    guard let fields = node.object, fields.contains(where: { $0.key != "." }) else { return true }
    switch value {
    case .object(let object): return object.entries.allSatisfy { coversEntry(node, $0.key, $0.value) }
    case .array(let items): return items.allSatisfy { coversItem(fields, $0) }
    default: return false
    }
  }

  /// An item of a list, by its keys (`k:{"name":"web"}`) or by its value (`v:"a"`).
  private static func coversItem(_ fields: Object, _ item: Value) -> Bool {
    fields.entries.contains { name, node in
      let text = Array(name.utf8.dropFirst(2))
      guard let label = try? JSON.parse(text, file: "fieldsV1") else { return false }
      if name.hasPrefix("v:") { return label == item }
      guard name.hasPrefix("k:"), let keys = label.object, let object = item.object else { return false }
      // A key that the manifest leaves out has the server's default.
      let isSame = keys.entries.allSatisfy { object[$0.key] == nil || object[$0.key] == $0.value }
      return isSame && covers(node, item)
    }
  }
}
