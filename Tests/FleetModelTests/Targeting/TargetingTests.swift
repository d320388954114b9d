import FleetModel
import Manifests
import Testing

@Suite("Which clusters an app is meant for, and at which stage")
struct TargetingTests {
  func cluster(_ name: String, _ environment: String, _ labels: [String: String] = [:]) throws -> ClusterDeclaration {
    ClusterDeclaration(
      name: name, labels: labels, environment: environment, file: try #require(TreePath("clusters/\(name).yaml")))
  }

  func app(_ selector: LabelSelector?, pipeline: String = "default") throws -> AppDeclaration {
    let directory = try #require(TreePath("apps/web"))
    return AppDeclaration(
      name: "web", clusterSelector: selector, overlays: ["base"], pipeline: pipeline, directory: directory,
      file: directory)
  }

  func fleet(_ stages: [Stage]) throws -> FleetDeclaration {
    FleetDeclaration(
      name: "acme", environments: ["dev", "prod"], layout: .standard,
      pipelines: ["default": Pipeline(name: "default", stages: stages)])
  }

  @Test("an app without a selector is meant for every cluster, with one for those that match")
  func selectors() throws {
    let clusters = [try cluster("b", "dev", ["tier": "edge"]), try cluster("a", "prod")]
    let fleet = try fleet([
      Stage(name: "dev", members: .environment("dev")), Stage(name: "prod", members: .environment("prod")),
    ])
    let all = fleet.targeting(of: try app(nil), among: clusters)
    #expect(all.members.map { "\($0.cluster.name)@\($0.stage)" } == ["a@1", "b@0"])
    let edge = fleet.targeting(of: try app(LabelSelector(matchLabels: ["tier": "edge"])), among: clusters)
    #expect(edge.members.map(\.cluster.name) == ["b"])
    let everything = fleet.targeting(of: try app(LabelSelector()), among: clusters)
    #expect(everything == all)
  }

  @Test("a cluster belongs to the first stage that matches it")
  func firstMatch() throws {
    let canary = Stage(name: "canary", members: .selector(LabelSelector(matchLabels: ["canary": "yes"])))
    let fleet = try fleet([canary, Stage(name: "prod", members: .environment("prod"))])
    let clusters = [try cluster("a", "prod"), try cluster("b", "prod", ["canary": "yes"])]
    let targeting = fleet.targeting(of: try app(nil), among: clusters)
    #expect(targeting.members.map { "\($0.cluster.name)@\($0.stage)" } == ["a@1", "b@0"])
  }

  @Test("a targeted cluster that no stage matches is named, and one that is not targeted is not")
  func unmatched() throws {
    let fleet = try fleet([Stage(name: "dev", members: .environment("dev"))])
    let clusters = [try cluster("a", "dev"), try cluster("b", "prod"), try cluster("c", "prod", ["tier": "lab"])]
    let targeting = fleet.targeting(
      of: try app(LabelSelector(matchExpressions: [.init(key: "tier", operator: .doesNotExist, values: [])])),
      among: clusters)
    #expect(targeting.members.map(\.cluster.name) == ["a"])
    #expect(targeting.unmatched.map(\.name) == ["b"])
    #expect(fleet.targeting(of: try app(nil, pipeline: "none"), among: clusters).unmatched.count == 3)
  }

  @Test("the operators of a selector mean what they mean in Kubernetes")
  func operators() throws {
    func matches(_ requirement: LabelSelector.Requirement, _ labels: [String: String]) -> Bool {
      LabelSelector(matchExpressions: [requirement]).matches(labels)
    }
    let (edge, core, none) = (["tier": "edge"], ["tier": "core"], [String: String]())
    let inEdge = LabelSelector.Requirement(key: "tier", operator: .in, values: ["edge", "lab"])
    #expect(matches(inEdge, edge) && !matches(inEdge, core) && !matches(inEdge, none))
    let notInEdge = LabelSelector.Requirement(key: "tier", operator: .notIn, values: ["edge"])
    #expect(!matches(notInEdge, edge) && matches(notInEdge, core) && matches(notInEdge, none))
    let exists = LabelSelector.Requirement(key: "tier", operator: .exists, values: [])
    #expect(matches(exists, edge) && !matches(exists, none))
    let absent = LabelSelector.Requirement(key: "tier", operator: .doesNotExist, values: [])
    #expect(!matches(absent, edge) && matches(absent, none))
  }
}
