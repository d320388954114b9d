import Manifests

/// How much changes where: the same change of an app on several clusters is one line.
struct DifferenceStat {
  struct Group {
    var app: String
    /// How many clusters of each environment have the change.
    var places: [String: Int]
    var created: Int
    var changed: Int
    var deleted: Int

    var clusters: Int { places.values.reduce(0, +) }
  }

  var groups: [Group]
  /// All that were compared.
  var clusters: Int
  var changedClusters: Int

  var text: String {
    guard !groups.isEmpty else { return "nothing changes on \(clusters) \(clusters == 1 ? "cluster" : "clusters")\n" }
    var table = Table("APP", "CLUSTERS", "CREATED", "CHANGED", "DELETED", "WHERE")
    for group in groups {
      table.add(
        group.app, "\(group.clusters)", "\(group.created)", "\(group.changed)", "\(group.deleted)",
        DifferenceStat.environments(group.places))
    }
    return table.text + "\n\(summary)\n"
  }

  var summary: String {
    func total(_ count: (Group) -> Int) -> Int { groups.reduce(0) { $0 + count($1) * $1.clusters } }
    let apps = Set(groups.map(\.app)).count
    return "\(apps) \(apps == 1 ? "app changes" : "apps change") on \(changedClusters) of \(clusters) "
      + "\(clusters == 1 ? "cluster" : "clusters"): \(total(\.created)) objects created, \(total(\.changed)) changed, "
      + "\(total(\.deleted)) deleted"
  }

  /// How many places are in each environment.
  static func environments(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key.precedesInBytes($1.key) }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
