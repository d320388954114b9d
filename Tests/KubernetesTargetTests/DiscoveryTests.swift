import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Discovery finds kinds in both forms, and asks no more than it must")
struct DiscoveryTests {
  @Test("every form of discovery finds the same kinds", arguments: [["v2", "v2beta1"], ["v2beta1"], []])
  func everyForm(aggregated: [String]) async throws {
    var settings = DoubleSettings()
    settings.aggregatedDiscovery = aggregated
    try await Server.withDouble(settings) { double, server in
      let catalog = try await Discovery(client: server.client).catalog()
      let deployments = try #require(catalog.resource(group: "apps", version: "v1", kind: "Deployment"))
      #expect(deployments.name == "deployments")
      #expect(deployments.isNamespaced)
      #expect(deployments.verbs.isSuperset(of: ["get", "list", "watch", "patch", "create", "delete"]))
      #expect(deployments.path(namespace: "shop", name: "web") == "/apis/apps/v1/namespaces/shop/deployments/web")
      #expect(catalog.resource(group: "", kind: "Namespace")?.path(name: "shop") == "/api/v1/namespaces/shop")
      #expect(catalog.resource(group: "", kind: "Namespace")?.isNamespaced == false)
      #expect(catalog.resource(group: "apps", kind: "Nonesuch") == nil)
    }
  }

  @Test("asking again costs two requests that answer 304")
  func entityTags() async throws {
    try await Server.withDouble { double, server in
      let discovery = Discovery(client: server.client)
      let first = try await discovery.catalog()
      double.forgetRequests()
      #expect(try await discovery.refresh() == first)
      #expect(double.requests.map(\.status) == [304, 304])
    }
  }

  @Test("a kind that is not known is looked for once more, and then refused with what to do", arguments: Plane.tested)
  func unknownKind(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let discovery = Discovery(client: server.client)
      let refused = try await failure {
        _ = try await discovery.resource(group: "example.com", version: "v1", kind: "Widget", lookAgainAfter: .zero)
      }
      #expect(refused?.kind == .notServed)
      #expect(refused?.error.nextStep == "apply its CustomResourceDefinition, or correct apiVersion")
      #expect(server.requests([.discover]) == 4)
    }
  }

  @Test("names are percent-encoded in paths and queries")
  func encoding() {
    let roles = APIResource(
      group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: "clusterroles",
      isNamespaced: false, verbs: [])
    #expect(
      roles.path(namespace: "ignored", name: "system:a/b")
        == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb")
    var request = APIRequest(.list, kind: "Pod", path: "/api/v1/pods")
    request.query = [("labelSelector", "a in (b,c)")]
    #expect(request.target == "/api/v1/pods?labelSelector=a%20in%20%28b%2Cc%29")
  }
}
