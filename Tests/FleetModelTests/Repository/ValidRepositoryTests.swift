import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("Fleet repositories without errors")
struct ValidRepositoryTests {
  @Test("no valid fixture has an error", arguments: Fixture.all("valid"))
  func noErrors(fixture: Fixture) throws {
    let repository = try fixture.read()
    #expect(repository.errors == [])
    #expect(repository.fleet != nil)
    #expect(repository.brokenApps.isEmpty && repository.brokenClusters.isEmpty && repository.brokenFiles.isEmpty)
  }

  @Test("the sample fleet has no error")
  func acme() throws {
    let folder = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let repository = FleetRepository.read(from: try MemoryTree(folder: "/\(folder)/Examples/acme"))
    #expect(repository.errors == [])
    #expect(repository.clusters.count == 6)
    #expect(repository.apps.count >= 5)
  }

  @Test("the sample fleet of charts has no error")
  func charts() throws {
    let folder = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let repository = FleetRepository.read(from: try MemoryTree(folder: "/\(folder)/Examples/charts"))
    #expect(repository.errors == [])
    #expect(repository.clusters.count == 3)
  }

  @Test("what is not given has the documented default")
  func defaults() throws {
    for name in ["minimal", "crlf"] {
      let repository = try Fixture("valid", name).read()
      let fleet = try #require(repository.fleet)
      #expect(
        fleet
          == FleetDeclaration(
            name: "acme", environments: ["dev", "prod"], layout: .standard,
            pipelines: ["default": .standard(environments: ["dev", "prod"])]))
      let app = try #require(TreePath("apps/web"))
      #expect(
        repository.apps == [
          AppDeclaration(
            name: "web", clusterSelector: nil, overlays: ["base"], substitute: false, namespace: "",
            pipeline: "default", gate: .healthy, policy: AppPolicy(), directory: app,
            file: try #require(app.appending("app.yaml")))
        ])
      let file = try #require(TreePath("clusters/dev-1.yaml"))
      #expect(
        repository.clusters == [
          ClusterDeclaration(
            name: "dev-1", labels: [:], environment: "dev", connectivity: .connected, values: Object(), file: file)
        ])
    }
  }

  @Test("the pipeline of a fleet that declares none gates: a canary, a quarter, everybody, a soak of a minute each")
  func standardPipeline() {
    let pipeline = Pipeline.standard(environments: ["dev", "prod"])
    #expect(pipeline.stages.map(\.name) == ["dev", "prod"])
    #expect((pipeline.onFailure, pipeline.onNewRelease) == (.halt, .supersede))
    for stage in pipeline.stages {
      #expect(stage.waves == [.count(1), .percent(25), .percent(100)])
      #expect((stage.maxFailures, stage.minAvailable) == (.count(0), .percent(50)))
      #expect((stage.pullDeadline, stage.progressDeadline, stage.soak) == (.seconds(300), .seconds(600), .seconds(60)))
      #expect(stage.offlinePolicy == .excludeAndCatchUp)
      #expect(!stage.approvalBefore && !stage.approvalAfter && stage.analysis.isEmpty && stage.maxConcurrent == nil)
    }
  }

  @Test("every field of fleet.yaml is read")
  func everyFieldOfTheFleet() throws {
    let fleet = try #require(try Fixture("valid", "everything").read().fleet)
    #expect(fleet.environments == ["dev", "staging", "prod"])
    #expect(fleet.layout.clusters == TreePath("fleet/clusters"))
    #expect(fleet.layout.apps == TreePath("workloads"))
    #expect(fleet.namespaces == .init(undeclared: .refuse, existing: ["shop", "istio-system"]))
    #expect(fleet.pipelines.keys.sorted() == ["careful", "default"])
    #expect(fleet.pipelines["default"] == .standard(environments: ["dev", "staging", "prod"]))
    let stages = try #require(fleet.pipelines["careful"]).stages
    #expect(stages[0] == Stage(name: "dev", members: .environment("dev"), waves: [.percent(100)], soak: .zero))
    let selector = LabelSelector(
      matchLabels: ["canary": "true"],
      matchExpressions: [
        .init(key: "tier", operator: .in, values: ["edge", "core"]),
        .init(key: "tier", operator: .notIn, values: ["lab"]),
        .init(key: "region", operator: .exists, values: []),
        .init(key: "frozen", operator: .doesNotExist, values: []),
      ])
    #expect(stages[1] == Stage(name: "canary", members: .selector(selector)))
    #expect(
      stages[2]
        == Stage(
          name: "prod", members: .environment("prod"), approvalBefore: true,
          waves: [.count(1), .percent(25), .count(5), .percent(100)], maxConcurrent: .percent(10),
          maxFailures: .count(2), minAvailable: .percent(75), pullDeadline: .seconds(150),
          progressDeadline: .seconds(3600), soak: .milliseconds(500)))
  }

  @Test("every field of a cluster is read, at any depth below the directory; other files are left alone")
  func everyFieldOfAClusters() throws {
    let clusters = try Fixture("valid", "everything").read().clusters
    #expect(clusters.map(\.name) == ["dev-1", "prod-1", "prod-2"])
    let cluster = clusters[1]
    #expect(cluster.labels == ["region": "eu", "tier": "edge", "topology.kubernetes.io/zone": "a.1"])
    #expect((cluster.environment, cluster.connectivity) == ("prod", .connected))
    #expect(cluster.file == TreePath("fleet/clusters/eu/west/prod-1.yaml"))
    #expect(cluster.kubernetes == .init(version: "v1.33.2-eks-1", apiVersions: ["v1", "apps/v1/Deployment"]))
    #expect(clusters.first?.kubernetes == .init(version: "1.32", apiVersions: ["monitoring.coreos.com/v1"]))
    let nested: Object = ["deep": [1, nil, 1.5, true]]
    #expect(cluster.values == ["domain": "fra.example.com", "replicas": 3, "nested": .object(nested)])
  }

  @Test("every field of an app is read; directories without app.yaml hold none")
  func everyFieldOfAnApp() throws {
    let apps = try Fixture("valid", "everything").read().apps
    #expect(apps.map(\.name) == ["cert-manager", "checkout", "ingress"])
    let directory = try #require(TreePath("workloads/checkout"))
    #expect(
      apps[1]
        == AppDeclaration(
          name: "checkout", clusterSelector: LabelSelector(matchLabels: ["tier": "edge"]),
          overlays: [
            "overlays/{cluster}", "overlays/{environment}-{label:topology.kubernetes.io/zone}", "./base/",
          ], substitute: true, namespace: "shop", pipeline: "careful", gate: .synced,
          policy: AppPolicy(
            prune: false, selfHeal: false, conflicts: .report,
            ignore: [
              .init(
                group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas", "/metadata/annotations/a~1b"])
            ],
            dependsOn: ["cert-manager", "ingress"],
            health: [
              .init(
                group: "db.example.com", kind: "Database", inProgress: "status.phase in ['Creating', 'Restoring']",
                failed: "", healthy: "status.phase == 'Ready'")
            ]),
          directory: directory, file: try #require(directory.appending("app.yaml"))))
  }

  @Test("an empty pair of directories is a fleet without clusters and apps")
  func bootstrap() throws {
    let repository = try Fixture("valid", "bootstrap").read()
    #expect(repository.clusters.isEmpty && repository.apps.isEmpty)
  }

  @Test("the order of dependsOn is of no account: it makes no other digest")
  func dependencyOrder() throws {
    var tree = try Fixture("valid", "everything").tree()
    let before = FleetRepository.read(from: tree).apps[1]
    let path = try #require(TreePath("workloads/checkout/app.yaml"))
    let text = String(decoding: try tree.read(path), as: UTF8.self)
    tree["workloads/checkout/app.yaml"] = .file(
      Array(text.replacing("[ingress, cert-manager]", with: "[cert-manager, ingress]").utf8))
    #expect(FleetRepository.read(from: tree).apps[1] == before)
  }
}
