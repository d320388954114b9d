public import Manifests

/// An app as the repository declares it: `app.yaml` in the app's directory.
public struct AppDeclaration: Hashable, Sendable {
  /// What a stage's gate asks of the app.
  public enum Gate: String, Hashable, Sendable, CaseIterable {
    case healthy
    /// For what cannot be observed; shown as unverified everywhere.
    case synced
  }

  public var name: String
  /// nil: every cluster.
  public var clusterSelector: LabelSelector?
  /// Candidates relative to the app's directory, the first that exists is built; may hold `{cluster}`,
  /// `{environment}` and `{label:NAME}`.
  public var overlays: [String]
  public var substitute: Bool
  /// The namespace of objects that name none; empty when not given.
  public var namespace: String
  /// A pipeline's name.
  public var pipeline: String
  public var gate: Gate
  public var policy: AppPolicy
  /// The directory of the app, which `overlays` are relative to.
  public var directory: TreePath
  /// The file that declares it.
  public var file: TreePath

  public init(
    name: String, clusterSelector: LabelSelector? = nil, overlays: [String], substitute: Bool = false,
    namespace: String = "", pipeline: String = "default", gate: Gate = .healthy, policy: AppPolicy = AppPolicy(),
    directory: TreePath, file: TreePath
  ) {
    self.name = name
    self.clusterSelector = clusterSelector
    self.overlays = overlays
    self.substitute = substitute
    self.namespace = namespace
    self.pipeline = pipeline
    self.gate = gate
    self.policy = policy
    self.directory = directory
    self.file = file
  }
}
