import FleetModel
import Manifests

/// What placeholders can name of a cluster.
struct ClusterVariables {
  private let cluster: ClusterDeclaration

  init(_ cluster: ClusterDeclaration) { self.cluster = cluster }

  /// `cluster.name`, `cluster.environment`, `cluster.labels.KEY`, `cluster.values.KEY`; keys of maps within values
  /// after further points. nil where the cluster has no such thing.
  subscript(name: String) -> Value? {
    switch name {
    case "cluster.name": return .string(cluster.name)
    case "cluster.environment": return .string(cluster.environment)
    default: break
    }
    if let key = ClusterVariables.rest(of: name, after: "cluster.labels.") {
      return cluster.labels[key].map(Value.string)
    }
    if let key = ClusterVariables.rest(of: name, after: "cluster.values.") {
      return ClusterVariables.value(key[...], in: cluster.values)
    }
    return nil
  }

  private static func rest(of name: String, after prefix: String) -> String? {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }

  /// The value of the longest key that the path starts with, and so on in the map that it is.
  private static func value(_ path: Substring, in object: Object) -> Value? {
    if let value = object[String(path)] { return value }
    var end = path.endIndex
    while let point = path[..<end].lastIndex(of: ".") {
      if case .object(let inner)? = object[String(path[..<point])] {
        if let value = value(path[path.index(after: point)...], in: inner) { return value }
      }
      end = point
    }
    return nil
  }

  /// The names that this cluster defines, for suggestions.
  var names: [String] {
    ["cluster.name", "cluster.environment"] + cluster.labels.keys.sorted().map { "cluster.labels.\($0)" }
      + cluster.values.keys.map { "cluster.values.\($0)" }
  }
}
