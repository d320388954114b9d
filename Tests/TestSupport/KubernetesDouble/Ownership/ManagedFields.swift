import Manifests

/// Who owns which fields of an object: `metadata.managedFields`.
struct ManagedFields: Hashable, Sendable {
  enum Operation: String, Sendable {
    case apply = "Apply"
    case update = "Update"
  }

  /// What tells entries apart.
  struct Manager: Hashable, Sendable {
    var name: String
    var operation: Operation
    var apiVersion: String
    var subresource: String
  }

  struct Entry: Hashable, Sendable {
    var manager: Manager
    var time: String
    var fields: FieldSet
  }

  private(set) var entries: [Entry] = []

  init() {}

  init?(_ value: Value?) {
    for item in value?.array ?? [] {
      guard let name = item["manager"]?.string, let apiVersion = item["apiVersion"]?.string,
        let operation = item["operation"]?.string.flatMap(Operation.init(rawValue:))
      else { return nil }
      let manager = Manager(
        name: name, operation: operation, apiVersion: apiVersion, subresource: item["subresource"]?.string ?? "")
      let fields = FieldSet(fieldsV1: item["fieldsV1"] ?? .object(Object()))
      entries.append(Entry(manager: manager, time: item["time"]?.string ?? "", fields: fields))
    }
  }

  var value: Value {
    .array(
      entries.map { entry in
        var object: Object = [
          "manager": .string(entry.manager.name), "operation": .string(entry.manager.operation.rawValue),
          "apiVersion": .string(entry.manager.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
          "fieldsV1": entry.fields.fieldsV1,
        ]
        if !entry.manager.subresource.isEmpty { object["subresource"] = .string(entry.manager.subresource) }
        return .object(object)
      })
  }

  subscript(manager: Manager) -> FieldSet {
    entries.first { $0.manager == manager }?.fields ?? FieldSet()
  }

  mutating func set(_ manager: Manager, _ fields: FieldSet, time: String) {
    guard let index = entries.firstIndex(where: { $0.manager == manager }) else {
      if !fields.isEmpty { entries.append(Entry(manager: manager, time: time, fields: fields)) }
      return
    }
    if entries[index].fields != fields { entries[index].time = time }
    entries[index].fields = fields
    if fields.isEmpty { entries.remove(at: index) }
  }

  /// The fields of everybody but one manager.
  func fields(ofAllBut manager: Manager) -> FieldSet {
    entries.filter { $0.manager != manager }.reduce(FieldSet()) { $0.union($1.fields) }
  }

  /// What others own of what is about to change; by manager, in order.
  func conflicts(_ manager: Manager, _ difference: Difference) -> [(manager: Manager, fields: FieldSet, time: String)] {
    let changed = difference.added.union(difference.modified)
    return entries.compactMap { entry in
      guard entry.manager != manager else { return nil }
      let fields = entry.fields.intersection(changed)
      return fields.isEmpty ? nil : (entry.manager, fields, entry.time)
    }
  }

  /// Takes from everybody but one manager what it changed and what is gone.
  mutating func takeFromOthers(_ manager: Manager, _ difference: Difference) {
    let changed = difference.added.union(difference.modified)
    for index in entries.indices {
      if entries[index].manager != manager {
        entries[index].fields = entries[index].fields.subtracting(entries[index].fields.intersection(changed))
      }
      entries[index].fields = entries[index].fields.subtracting(difference.removed)
    }
    entries.removeAll { $0.fields.isEmpty }
  }

  /// The fields an update's manager owns after it.
  mutating func recordUpdate(_ manager: Manager, _ difference: Difference, time: String) {
    takeFromOthers(manager, difference)
    let owned = self[manager].union(difference.added).union(difference.modified)
    if owned != self[manager] || !difference.isEmpty { set(manager, owned, time: time) }
  }
}
