import Manifests

/// Which kinds stand outside namespaces.
enum KindScopes {
  /// Whether kustomize takes a kind for one of cluster scope: those that Kubernetes v1.21.2 has.
  ///
  /// Everything else, newer kinds and custom resources included, it takes for namespaced.
  static func isClusterScoped(apiVersion: String, kind: String) -> Bool {
    guard let versions = clusterScoped[kind] else { return false }
    return versions.contains { $0.hasSameBytes(as: apiVersion) }
  }

  private static let clusterScoped: [String: [String]] = {
    var table: [String: [String]] = [:]
    for line in KubernetesTables.clusterScoped.split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.count == 2 else { continue }
      table[String(parts[1]), default: []].append(String(parts[0]))
    }
    return table
  }()
}
