import Manifests

/// A kind of object that the server serves, at one version.
struct ResourceKind: Sendable {
  var group: String
  var version: String
  var kind: String
  var plural: String
  var singular: String
  var shortNames: [String] = []
  var categories: [String] = []
  var isNamespaced: Bool
  var hasStatus: Bool
  /// How `/scale` finds its numbers; nil where there is no such subresource.
  var scale: ScalePaths?
  var schema: TypeSchema
  /// Whether it comes from a CustomResourceDefinition.
  var isCustom = false
  /// Whether reads and lists and deletions exist beside creation: reviews have only `create`.
  var isStored = true

  var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// `deployments.apps`: what objects of all versions are stored under, and what messages call it.
  var resource: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// `Deployment.apps`: what messages about invalid objects call it.
  var groupKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

  static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

  var verbs: [String] { isStored ? Self.allVerbs : ["create"] }
}

/// Where a kind keeps the numbers of its `/scale`, as paths of keys.
struct ScalePaths: Sendable {
  var specReplicas: [String]
  var statusReplicas: [String]
  /// Nil where a kind has its selector in `spec.selector` as labels.
  var selector: [String]?

  static let builtIn = ScalePaths(specReplicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"])
}
