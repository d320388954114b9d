import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Servers from Kubernetes 1.27 to 1.36 are worked with, each by what it offers")
struct ProtocolVersionTests {
  @Test("kinds are found, objects applied, healed, judged and deleted, and nothing is asked twice", arguments: 27...36)
  func works(minor: Int) async throws {
    var settings = DoubleSettings(minor: minor)
    settings.runsWorkloads = true
    try await Server.withDouble(settings) { double, server in
      let shop = try app([Definitions.definition, Definitions.widget, configMap("settings"), deployment("web")])
      try await Cluster.with(server) { cluster in
        try await eventually("the version is known") { await cluster.target.serverVersion() == "v1.\(minor).0" }
        #expect(Set(await cluster.apply(shop).values) == ["created"])
        try await cluster.waits(for: "Healthy", of: "web", in: shop)
        try await server.patch(Server.configMaps, "settings", ["data": ["a": "9"]])
        try await server.delete(deployments, "web")
        try await eventually("both are told, and healed") {
          await cluster.apply(shop)
          let settings = try await cluster.object(Server.configMaps, "settings")
          let web = try await cluster.object(deployments, "web")
          return settings?[path: "data", "a"] == "1" && web != nil
        }
      }
      try await Cluster.with(server) { cluster in
        let applies = server.requests([.apply])
        #expect(Set(await cluster.apply(shop).values) == ["unchanged"])
        #expect(server.requests([.apply]) == applies)
        let owned = try await cluster.target.owned()
        #expect(await cluster.target.delete(owned.reversed()).allSatisfy { $0.result.word == "deleted" })
      }
      let refused = double.requests.filter { $0.userAgent == "flotilla-agent" && $0.status == 422 }
      #expect(refused.allSatisfy { $0.query["sendInitialEvents"] != nil })
      #expect(refused.isEmpty == settings.offersWatchList)
    }
  }

  @Test(
    "discovery takes the newest form that the server has",
    arguments: [(27, "v2beta1"), (29, "v2beta1"), (30, "v2"), (36, "v2")])
  func form(minor: Int, newest: String) async throws {
    try await Server.withDouble(DoubleSettings(minor: minor)) { _, server in
      let accept =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
      let reply = try await server.cluster.call("GET", "/apis", headers: ["Accept": accept])
      #expect(reply.value["apiVersion"]?.string == "apidiscovery.k8s.io/\(newest)")
      let before = server.requests([.discover])
      #expect(try await Discovery(client: server.client).catalog().resource(group: "apps", kind: "Deployment") != nil)
      #expect(server.requests([.discover]) - before == 2)
    }
  }
}
