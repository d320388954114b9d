import LocalFleet

/// Three apps, each on a pipeline of its own, whose rollouts meet everything that can hold one up: waves, soaks,
/// approvals, checks, confirmations, freezes, queues, dependencies, and releases that break.
struct EventfulFleet {
  static let apps = ["web", "shop", "jobs"]
  /// Before the app's release is broken for good: what a canary is given to get healthy.
  private static let deadlines = "soak: 500ms, progressDeadline: 2s, pullDeadline: 20s, minAvailable: 0"

  /// What a stage of the second app asks.
  let check: String

  static var sample: SampleFleet {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev"), ("dev-2", "dev"), ("prod-1", "prod"), ("prod-2", "prod"), ("prod-3", "prod")]
    sample.otherApps = ["shop", "jobs"]
    return sample
  }

  private var fleet: String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata: {name: sample}
    spec:
      environments: [dev, prod]
      freezes:
        - {environments: [prod], schedule: "* * * * *", duration: 8s, reason: a minute begins}
      pipelines:
        default:
          onFailure: rollback-stage
          stages:
            - {environment: dev, waves: [1, 100%], \(EventfulFleet.deadlines)}
            - {environment: prod, approval: required, waves: [1, 100%], maxConcurrent: 1, \(EventfulFleet.deadlines)}
        careful:
          onFailure: rollback-all
          onNewRelease: queue
          stages:
            - environment: dev
              waves: [100%]
              analysis: [{http: {url: "\(check)"}, interval: 200ms, count: 2}]
              approvalAfter: required
              soak: 200ms
              progressDeadline: 2s
              minAvailable: 0
            - {environment: prod, waves: [2, 100%], maxFailures: 1, \(EventfulFleet.deadlines)}
        quick:
          minStageInterval: 1s
          stages:
            - {environment: dev, \(EventfulFleet.deadlines)}
            - {environment: prod, waves: [1, 2, 100%], \(EventfulFleet.deadlines)}

    """
  }

  private static func app(_ name: String, _ spec: String) -> String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata: {name: \(name)}
    spec: {overlays: [base], \(spec)}

    """
  }

  func declare(in repository: WorkingRepository) throws {
    try repository.write(fleet, to: "fleet.yaml")
    try repository.write(EventfulFleet.app("shop", "pipeline: careful, dependsOn: [web]"), to: "apps/shop/app.yaml")
    try repository.write(EventfulFleet.app("jobs", "pipeline: quick"), to: "apps/jobs/app.yaml")
    try repository.commit("Pipelines")
  }

  /// Commits another release of an app; with a claim in it the next one without takes away what needs a person's word.
  @discardableResult
  func release(_ tag: String, of app: String, hasClaim: Bool, in stage: Stage) throws -> String {
    let claim = """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

      """
    try stage.repository.write(hasClaim ? claim : "", to: "apps/\(app)/base/claim.yaml")
    let base = stage.sample.files["apps/\(app)/base/kustomization.yaml"] ?? ""
    try stage.repository.write(
      base.replacing("settings.yaml]", with: "settings.yaml\(hasClaim ? ", claim.yaml" : "")]")
        .replacing("newTag: \"1.0\"", with: "newTag: \"\(tag)\""), to: "apps/\(app)/base/kustomization.yaml")
    try stage.repository.write(
      SampleFleet.settings(count: 1, text: "\(tag) \(stage.head())"), to: "apps/\(app)/base/settings.yaml")
    return try stage.repository.commit("\(app) \(tag)")
  }
}
