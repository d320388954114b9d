import FleetModel
import Manifests
import Rendering
import Testing

/// The objects of a YAML text.
func objects(_ text: String) throws -> [Value] {
  try YAML.parse(Array(text.utf8), file: "expected.yaml").map(\.value)
}

/// What the kustomization in a directory renders to.
func build(_ files: [String: String], _ directory: String = "") throws -> [Value] {
  let path = directory.isEmpty ? TreePath.root : try #require(TreePath(directory))
  return try Renderer(tree: SourceTree(files)).build(directory: path)
}

/// The error that a build is refused with.
func refusal(_ files: [String: String], _ directory: String = "") throws -> FleetError {
  try #require(throws: FleetError.self) { try build(files, directory) }
}

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
