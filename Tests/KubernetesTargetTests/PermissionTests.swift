import AgentCore
import FleetModel
import Foundation
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The roles that come with the agent are what it needs")
struct PermissionTests {
  private static let roles = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/deploy/kubernetes/role.yaml")
  private static let resources = [
    "Namespace": "namespaces", "ServiceAccount": "serviceaccounts", "Role": "roles", "RoleBinding": "rolebindings",
    "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings",
  ]

  /// A server that enforces roles, with those that come with the agent; the agent's own client.
  private func enforcing(_ body: (Server) async throws -> Void) async throws {
    var settings = DoubleSettings()
    settings.enforcesRBAC = true
    settings.runsWorkloads = true
    settings.administratorToken = "admin"
    settings.users = [
      "admin": .administrator, "agent": DoubleUser(name: "system:serviceaccount:flotilla-system:flotilla-agent"),
    ]
    let double = try await KubernetesDouble.start(settings)
    func client(_ token: String) throws -> APIClient {
      Server.makeClient(try Kubeconfig.access(Array(double.kubeconfig(token: token).utf8), file: "/double"))
    }
    let server = Server(double: double, client: try client("agent"), others: try client("admin"))
    do {
      try await install(server)
      try await body(server)
    } catch {
      await server.end()
      throw error
    }
    await server.end()
  }

  private func install(_ server: Server) async throws {
    let text = [UInt8](try Data(contentsOf: Self.roles))
    for document in try YAML.parse(text, file: "role.yaml") {
      let manifest = try Manifest(document.value)
      let name = try #require(Self.resources[manifest.id.kind])
      try await server.create(
        APIResource(
          group: manifest.id.group, version: "v1", kind: manifest.id.kind, name: name,
          isNamespaced: !manifest.id.namespace.isEmpty, verbs: []),
        document.value)
    }
  }

  @Test("applying, healing, pruning, health with its reasons and the Lease meet no refusal")
  func suffice() async throws {
    try await enforcing { server in
      let holder = LeaseHolder(identity: "acme/one", boot: "b1")
      try await Cluster.with(server, holder: holder) { cluster in
        let namespace: Value = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]]
        let shop = try app([
          namespace, configMap("settings"), deployment("web", image: "nginx:broken"), Definitions.definition,
        ])
        let outcomes = await cluster.apply(shop)
        #expect(Set(outcomes.values) == ["created"])
        try await cluster.waits(for: "the reason", of: "web", in: shop) { $0.contains("ImagePullBackOff on web-") }
        try await server.patch(Server.configMaps, "default", "settings", ["data": ["a": "9"]])
        try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: "shop")) }
        #expect(await cluster.apply(shop)["settings"] == "changed")
        let owned = try await cluster.target.owned().filter { $0.id.kind != "Namespace" }
        let deleted = await cluster.target.delete(owned.reversed())
        #expect(deleted.map(\.result.word) == ["deleted", "deleted", "deleted"])
        let refused = server.double.requests.filter { $0.status == 403 && $0.userAgent == "flotilla-agent" }
        #expect(refused.isEmpty, "\(refused)")
      }
    }
  }

  @Test("what an app has beyond them is refused with verb and resource, and the rest of the app is applied")
  func missing() async throws {
    try await enforcing { server in
      try await Cluster.with(server) { cluster in
        let role: Value = [
          "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "more"],
          "rules": [["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]]],
        ]
        let shop = try app([role, configMap("settings")])
        let (error, isTransient) = try await cluster.failure(shop)
        #expect(isTransient)
        #expect(error.cause.contains("cannot patch resource \"clusterroles\""))
        #expect(cluster.object("configmaps", "settings") != nil)
      }
    }
  }
}
