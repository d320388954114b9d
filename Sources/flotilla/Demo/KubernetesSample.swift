/// The fleet repository of the demo on real clusters: one small app, the environments that have clusters.
struct KubernetesSample {
  let environments: [(name: String, clusters: [String])]
  let namespace: String
  let image: String
  let tag: String

  var files: [String: String] {
    var files = [
      "fleet.yaml": fleet, "apps/web/app.yaml": Self.app, "apps/web/base/kustomization.yaml": base,
      "apps/web/base/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(namespace)}\n",
      "apps/web/base/web.yaml": web,
    ]
    for (environment, clusters) in environments {
      files["apps/web/overlays/\(environment)/kustomization.yaml"] = """
        resources: [../../base]
        images:
          - name: \(image)
            newTag: "\(tag)"

        """
      for cluster in clusters {
        files["clusters/\(cluster).yaml"] = """
          apiVersion: flotilla.dev/v1alpha1
          kind: Cluster
          metadata: {name: \(cluster)}
          spec: {environment: \(environment)}

          """
      }
    }
    return files
  }

  /// Times are short, so that it can be watched, but long enough for an image to be pulled.
  private var fleet: String {
    let stages = environments.map { name, _ in
      let approval = name == "prod" && environments.count > 1 ? "approval: required, " : ""
      return "          - {environment: \(name), \(approval)waves: [1, 100%], soak: 2s, pullDeadline: 30s, "
        + "progressDeadline: 40s}"
    }
    return """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: demo}
      spec:
        environments: [\(environments.map(\.name).joined(separator: ", "))]
        pipelines:
          default:
            stages:
      \(stages.joined(separator: "\n"))

      """
  }

  private static let app = """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata: {name: web}
    spec: {overlays: ["overlays/{environment}"]}

    """

  private var base: String { "namespace: \(namespace)\nresources: [namespace.yaml, web.yaml]\n" }

  private var web: String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web}
    data: {greeting: hello}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 1
          securityContext: {runAsNonRoot: true, runAsUser: 65535, seccompProfile: {type: RuntimeDefault}}
          containers:
            - name: web
              image: \(image)
              resources: {requests: {cpu: 1m, memory: 4Mi}}
              securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}

    """
  }
}
