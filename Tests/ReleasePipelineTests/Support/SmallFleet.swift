/// The files of a fleet of two apps and one cluster in each of the environments dev and prod.
struct SmallFleet {
  /// What both apps run.
  var tag = "1.0"
  var approval = false
  var clusters = [("dev-1", "dev"), ("prod-1", "prod")]

  var files: [String: String] {
    var files = ["fleet.yaml": fleet]
    for (name, environment) in clusters {
      files["clusters/\(name).yaml"] = """
        apiVersion: flotilla.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(name)}
        spec: {environment: \(environment)}

        """
    }
    for app in ["db", "web"] {
      files["apps/\(app)/app.yaml"] = """
        apiVersion: flotilla.dev/v1alpha1
        kind: App
        metadata: {name: \(app)}
        spec: {overlays: [base], substitute: true}

        """
      files[SmallFleet.settings(of: app)] = settings(of: app)
    }
    return files
  }

  static func settings(of app: String) -> String { "apps/\(app)/base/settings.yaml" }

  func settings(of app: String) -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: \(app)-settings, namespace: default}
    data: {tag: "\(tag)", cluster: "${cluster.name}"}

    """
  }

  var fleet: String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata: {name: small}
    spec:
      environments: [dev, prod]
      pipelines:
        default:
          stages:
            - {environment: dev, soak: 0s}
            - {environment: prod, soak: 0s\(approval ? ", approval: required" : "")}

    """
  }
}
