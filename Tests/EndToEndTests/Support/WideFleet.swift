import LocalFleet

/// Two apps on many clusters in three stages. One cluster in seven is out of luck: a release may break there alone.
struct WideFleet {
  static let apps = ["web", "shop"]
  static let environments = ["dev", "staging", "prod"]

  /// A fifth of the clusters is in the first stage, half of them in the last.
  static func sample(_ count: Int) -> SampleFleet {
    var sample = SampleFleet()
    sample.otherApps = ["shop"]
    sample.clusters = (0..<count).map { index in
      let environment = index < count / 5 ? "dev" : index < count / 2 ? "staging" : "prod"
      return ("\(environment)-\(index)", environment)
    }
    sample.givenFiles["fleet.yaml"] = fleet
    for (index, cluster) in sample.clusters.enumerated() {
      sample.givenFiles["clusters/\(cluster.name).yaml"] = """
        apiVersion: flotilla.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(cluster.name)}
        spec: {environment: \(cluster.environment), values: {luck: \(index % 7 == 1 ? "broken" : "fine")}}

        """
    }
    sample.givenFiles["apps/web/app.yaml"] = app("web", "default")
    sample.givenFiles["apps/shop/app.yaml"] = app("shop", "patient")
    return sample
  }

  private static let times = "soak: 300ms, pullDeadline: 10s, progressDeadline: 8s"

  private static let fleet = """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata: {name: sample}
    spec:
      environments: [dev, staging, prod]
      pipelines:
        default:
          onFailure: rollback-stage
          stages:
            - {environment: dev, waves: [1, 50%, 100%], \(times)}
            - {environment: staging, waves: [1, 100%], maxConcurrent: 4, maxFailures: 1, \(times)}
            - {environment: prod, approval: required, waves: [10%, 100%], maxConcurrent: 30%, maxFailures: 2, \(times)}
        patient:
          onNewRelease: queue
          stages:
            - {environment: dev, waves: [100%], maxConcurrent: 3, maxFailures: 1, \(times)}
            - {environment: staging, waves: [100%], maxConcurrent: 5, maxFailures: 10%, \(times)}
            - {environment: prod, waves: [3, 100%], maxConcurrent: 8, maxFailures: 10%, minAvailable: 30%, \(times)}

    """

  private static func app(_ name: String, _ pipeline: String) -> String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata: {name: \(name)}
    spec: {overlays: [base], pipeline: \(pipeline), substitute: true}

    """
  }

  enum Quality: CaseIterable {
    case good, brokenSomewhere, broken
  }

  /// Commits another release of an app.
  @discardableResult
  static func release(_ number: Int, of app: String, _ quality: Quality, in stage: Stage) throws -> String {
    let tag =
      switch quality {
      case .good: "r\(number)"
      case .brokenSomewhere: "${cluster.values.luck}"
      case .broken: "broken"
      }
    return try stage.release(tag, text: "\(number) on ${cluster.name}", app: app)
  }
}
