/// The files of a small fleet: one app in one overlay, clusters in the environments dev and prod.
struct SampleFleet {
  /// Clusters and the environment of each.
  var clusters: [(name: String, environment: String)] = [("dev-1", "dev"), ("prod-1", "prod")]
  /// What the app runs; a change of it is a new release. `broken` never gets healthy.
  var tag = "1.0"
  /// How many ConfigMaps the app has beside its Deployment.
  var extraObjects = 1
  var soak = "0s"
  var progressDeadline = "20s"
  /// Whether every app brings its namespace along, which an API server wants to have.
  var hasNamespaces = false
  /// More apps like the first, by name.
  var otherApps: [String] = []
  /// Files in place of those that follow from the above, or beside them.
  var givenFiles: [String: String] = [:]

  var files: [String: String] {
    var files = [
      "fleet.yaml": """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: sample}
      spec:
        environments: [dev, prod]
        pipelines:
          default:
            stages:
              - {environment: dev, waves: [1, 100%], soak: \(soak), progressDeadline: \(progressDeadline), \
      pullDeadline: 20s}
              - {environment: prod, waves: [1, 100%], soak: \(soak), progressDeadline: \(progressDeadline), \
      pullDeadline: 20s}

      """
    ]
    for cluster in clusters {
      files["clusters/\(cluster.name).yaml"] = """
        apiVersion: flotilla.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(cluster.name)}
        spec: {environment: \(cluster.environment)}

        """
    }
    for app in ["web"] + otherApps { files.merge(self.files(of: app)) { $1 } }
    return files.merging(givenFiles) { $1 }
  }

  private func files(of app: String) -> [String: String] {
    let namespace = """
      apiVersion: v1
      kind: Namespace
      metadata: {name: \(app)}

      """
    return [
      "apps/\(app)/base/namespace.yaml": namespace,
      "apps/\(app)/app.yaml": """
      apiVersion: flotilla.dev/v1alpha1
      kind: App
      metadata: {name: \(app)}
      spec: {overlays: [base]}

      """,
      "apps/\(app)/base/kustomization.yaml": """
      namespace: \(app)
      resources: [\(hasNamespaces ? "namespace.yaml, " : "")deployment.yaml, settings.yaml]
      images: [{name: registry.test/\(app), newTag: "\(tag)"}]

      """,
      "apps/\(app)/base/deployment.yaml": """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: \(app)}
      spec:
        selector: {matchLabels: {app: \(app)}}
        template:
          metadata: {labels: {app: \(app)}}
          spec: {containers: [{name: main, image: registry.test/\(app)}]}

      """,
      "apps/\(app)/base/settings.yaml": SampleFleet.settings(count: extraObjects, text: tag),
    ]
  }

  /// As many ConfigMaps, each holding a text.
  static func settings(count: Int, text: String) -> String {
    (1...count).map { number in
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings-\(number)}
      data: {text: "\(text)"}

      """
    }.joined(separator: "---\n")
  }
}
