/// The fleet of the walk: a canary and three clusters of production, which wait for an approval.
enum WalkFleet {
  static let clusters = [("canary-1", "canary"), ("prod-1", "prod"), ("prod-2", "prod"), ("prod-3", "prod")]

  static var files: [String: String] {
    var files = [
      "apps/.gitkeep": "",
      "fleet.yaml": """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: acme}
      spec:
        environments: [canary, prod]
        pipelines:
          default:
            onFailure: rollback-all
            stages:
              - {environment: canary, soak: 5s, progressDeadline: 10s}
              - {environment: prod, approval: required, waves: [1, 100%], soak: 2s}

      """,
    ]
    for (name, environment) in clusters {
      files["clusters/\(name).yaml"] = """
        apiVersion: flotilla.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(name)}
        spec: {environment: \(environment)}

        """
    }
    return files
  }

  /// The one app, which comes when every cluster is there: so the first rollout is of all.
  static let app = [
    "apps/web/app.yaml": """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata: {name: web}
    spec: {overlays: [base]}

    """,
    "apps/web/base/kustomization.yaml": """
    namespace: web
    resources: [deployment.yaml]
    images: [{name: registry.test/web, newTag: "1.0"}]

    """,
    "apps/web/base/deployment.yaml": """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, image: registry.test/web}]}

    """,
  ]
}
