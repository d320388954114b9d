import FleetModel
import Manifests
import Rendering
import Testing

/// What the kustomization in a directory renders to.
func build(_ files: [String: String], _ directory: String = "") throws -> [Value] {
  let path = directory.isEmpty ? TreePath.root : try #require(TreePath(directory))
  return try Renderer(tree: SourceTree(files)).build(directory: path)
}

/// A ConfigMap of this name.
func configMap(_ name: String) -> String { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n" }

extension AppDeclaration {
  /// An app in `apps/NAME`.
  static func named(
    _ name: String, overlays: [String] = ["base"], substitute: Bool = false, namespace: String = ""
  ) -> AppDeclaration {
    let directory = TreePath("apps/\(name)") ?? .root
    return AppDeclaration(
      name: name, overlays: overlays, substitute: substitute, namespace: namespace, directory: directory,
      file: directory.appending("app.yaml") ?? .root)
  }
}

extension ClusterDeclaration {
  static func named(
    _ name: String, environment: String = "dev", labels: [String: String] = [:], values: Object = Object()
  ) -> ClusterDeclaration {
    ClusterDeclaration(
      name: name, labels: labels, environment: environment, values: values,
      file: TreePath("clusters/\(name).yaml") ?? .root)
  }
}
