/// The files of a fleet of two apps and one cluster in each of the environments dev and prod.
public struct SmallFleet {
  /// What both apps run.
  public var tag = "1.0"
  public var approval = false
  public var clusters = [("dev-1", "dev"), ("prod-1", "prod")]

  public init(tag: String = "1.0", approval: Bool = false) {
    self.tag = tag
    self.approval = approval
  }

  public var files: [String: String] {
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

  public static func settings(of app: String) -> String { "apps/\(app)/base/settings.yaml" }

  public func settings(of app: String) -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: \(app)-settings, namespace: default}
    data: {tag: "\(tag)", cluster: "${cluster.name}"}

    """
  }

  public var fleet: String {
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
