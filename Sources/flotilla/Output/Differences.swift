import Manifests
import Rendering

// What changes, for people and for programs.

extension FleetDifference {
  var apps: [String] {
    var apps: [String] = []
    for group in groups where apps.last != group.app { apps.append(group.app) }
    return apps
  }

  /// Every change, object by object, as it is on the first cluster that has it.
  func text(context: Int) -> String {
    groups.map { group in
      let title = "app \(group.app): \(group.where)\n"
      return title + group.changes.map { $0.text(context: context) }.joined()
    }.joined(separator: "\n") + (groups.isEmpty ? "" : "\n\(summary)\n")
  }

  /// How much changes where.
  var stat: DifferenceStat {
    DifferenceStat(
      groups: groups.map { group in
        DifferenceStat.Group(
          app: group.app, places: Dictionary(grouping: group.places, by: \.environment).mapValues(\.count),
          created: group.count(.created), changed: group.count(.changed), deleted: group.count(.deleted))
      }, clusters: clusters, changedClusters: changedClusters)
  }

  private var summary: String { stat.summary }

  func form(withFields: Bool) -> Value {
    [
      "clusters": .integer(Int64(clusters)), "changedClusters": .integer(Int64(changedClusters)),
      "groups": .array(groups.map { $0.form(withFields: withFields) }),
    ]
  }
}

extension FleetDifference.Group {
  /// Clusters that are named before the rest is only counted.
  private static let namedClusters = 5

  fileprivate var `where`: String {
    guard places.count > 1 else { return "on \(places.first?.cluster ?? "no cluster") (\(environments))" }
    let shown = FleetDifference.Group.namedClusters
    let names = places.prefix(shown).map(\.cluster).joined(separator: ", ") + (places.count > shown ? ", …" : "")
    return "the same change on \(places.count) clusters (\(environments)): \(names)"
  }

  /// How many of the places are in each environment.
  fileprivate var environments: String {
    DifferenceStat.environments(Dictionary(grouping: places, by: \.environment).mapValues(\.count))
  }

  fileprivate func form(withFields: Bool) -> Value {
    [
      "app": .string(app),
      "clusters": .array(
        places.map { ["name": .string($0.cluster), "environment": .string($0.environment)] }),
      "objects": .array(changes.map { $0.form(withFields: withFields) }),
    ]
  }
}

extension ObjectChange {
  fileprivate func text(context: Int) -> String {
    let diff = UnifiedDiff(ObjectChange.lines(before), ObjectChange.lines(after), context: context)
    return "\(kind.rawValue) \(id.displayName)\n" + diff.lines.map { $0 + "\n" }.joined()
  }

  private static func lines(_ value: Value?) -> [String] {
    guard let value else { return [] }
    var lines = String(decoding: YAML.emit(value), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  fileprivate func form(withFields: Bool) -> Value {
    var form: Object = ["id": .string(id.description), "change": .string(kind.rawValue)]
    guard withFields else { return .object(form) }
    form["fields"] = .array(
      fields.map { field in
        var entry: Object = ["path": .string(field.path)]
        if let before = field.before { entry["before"] = before }
        if let after = field.after { entry["after"] = after }
        return .object(entry)
      })
    return .object(form)
  }
}
