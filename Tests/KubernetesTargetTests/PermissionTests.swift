import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The roles that come with the agent are what it needs")
struct PermissionTests {
  private static let cases = Installation.Plane.tested.flatMap { plane in Variant.allCases.map { ($0, plane) } }

  @Test("applying, healing, pruning, health with its reasons and the Lease meet no refusal", arguments: cases)
  func suffice(_ variant: Variant, _ plane: Installation.Plane) async throws {
    try await Installation.with(variant, on: plane) { place in
      try await place.withAgent(try variant.settings()) { target, changes in
        var objects = [configMap("settings"), deployment("web", image: "nginx:broken")].map { $0.placed(in: "team-a") }
        if variant != .namespaced { objects += [namespace("team-a"), Definitions.definition] }
        let web = try app(objects, named: "web")
        let outcomes = await target.apply(web, .enforce)
        #expect(Set(outcomes.map(\.result.word)) == ["created"], "\(outcomes)")
        if place.double != nil {
          try await eventually("the reason is known") {
            await target.observe(web).objects.contains { $0.reason.contains("ImagePullBackOff on web-") }
          }
        }
        try await eventually("every kind is watched") { target.watchCounts.interrupted == 0 }
        try await place.patch("/api/v1/namespaces/team-a/configmaps/settings", ["data": ["a": "9"]])
        try await eventually("the edit is told") { changes.contains(.drifted(app: "web")) }
        let healed = await target.apply(web, .enforce)
        #expect(healed.first { $0.id.name == "settings" }?.result.word == "changed")
        let owned = try await target.owned().filter { $0.id.kind != "Namespace" }
        let deleted = await target.delete(owned.reversed())
        // A server without the controllers of workloads lets what they own wait for them.
        let words = Set(deleted.map(\.result.word))
        #expect(words == ["deleted"] || (place.double == nil && !words.contains("failed: api-forbidden")), "\(deleted)")
        let refused = place.double?.requests.filter { $0.status == 403 && $0.userAgent == "flotilla-agent" } ?? []
        #expect(refused.isEmpty, "\(refused)")
      }
    }
  }

  @Test("what an app has beyond them is refused with verb and resource, and the rest of the app is applied")
  func missing() async throws {
    try await Installation.with(.kinds) { place in
      try await place.withAgent(try Variant.kinds.settings()) { target, _ in
        let role: Value = [
          "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "more"],
          "rules": [["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]]],
        ]
        let outcomes = await target.apply(try app([role, configMap("settings")]), .enforce)
        #expect(outcomes.map(\.result.word) == ["failed: api-forbidden", "created"])
        let error = try #require(outcomes.first?.result.error)
        #expect(error.cause.contains("cannot patch resource \"clusterroles\""))
      }
    }
  }

  @Test("the state of an agent without storage lasts as long as its Pod, and nothing asks for a volume")
  func ephemeralState() throws {
    let objects = try Variant.build("overlays/cluster-admin", with: "components: [../../components/ephemeral-state]")
    #expect(!objects.contains { $0["kind"]?.string == "PersistentVolumeClaim" })
    let agent = try #require(objects.first { $0["kind"]?.string == "Deployment" })
    let volumes = agent[path: "spec", "template", "spec", "volumes"]?.array ?? []
    let state = try #require(volumes.first { $0["name"]?.string == "state" })
    #expect(state["emptyDir"] != nil && state["persistentVolumeClaim"] == nil)
  }
}
