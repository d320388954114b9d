import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("What the agent's account may not do is named, and everything else goes on")
struct MissingVerbTests {
  @Test(
    "one verb too few is named: of a new object, of a deletion, of the Lease", arguments: Plane.tested,
    ["create", "patch", "delete"])
  func oneVerb(plane: Plane, verb: String) async throws {
    try await enforcing(plane, { $0.isOfApps && $1 == verb }) { server in
      try await Cluster.with(server) { cluster in
        // The inventory is a ConfigMap of the agent's own namespace, for which it has a role of its own.
        let elsewhere = Own.name("elsewhere")
        try await server.create(
          Server.namespaces,
          [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": .string(elsewhere), "labels": .object(Own.mark)],
          ])
        var settings = configMap("settings")
        settings["metadata"]?["namespace"] = .string(elsewhere)
        let shop = try app([settings])
        if verb == "delete" {
          #expect(await cluster.apply(shop)["settings"] == "created")
          let doomed = try await cluster.target.owned().filter { $0.id.kind == "ConfigMap" }
          let outcomes = await cluster.target.delete(doomed)
          guard case .failed(let error, true)? = outcomes.first?.result else {
            Issue.record("\(outcomes)")
            return
          }
          #expect(error.cause.contains("cannot delete resource \"configmaps\""), "\(error)")
          #expect(try await cluster.target.owned().contains { $0.id.kind == "ConfigMap" })
        } else {
          let (error, isTransient) = try await cluster.failure(shop)
          #expect(isTransient)
          #expect(error.cause.contains("cannot \(verb) resource \"configmaps\""), "\(error)")
          #expect(error.nextStep == "give the agent's role the verb and resource named")
        }
      }
    }
  }

  @Test("what may not be watched is applied all the same, and its health is Unknown with why", arguments: Plane.tested)
  func noWatch(plane: Plane) async throws {
    try await enforcing(plane, { $1 == "watch" }) { server in
      try await Cluster.with(server) { cluster in
        let shop = try app([configMap("settings")])
        #expect(await cluster.apply(shop) == ["settings": "created"])
        try await cluster.waits(for: "the reason", of: "settings", in: shop) {
          $0.hasPrefix("Unknown! ConfigMap objects cannot be watched: ")
        }
      }
    }
  }

  @Test("without the Lease nothing is written, and verb and resource are named", arguments: Plane.tested)
  func noLease(plane: Plane) async throws {
    try await enforcing(plane, { $0.resource == "leases" && $1 != "get" }) { server in
      try await Cluster.with(server, holder: LeaseHolder(identity: "acme/one", boot: "b1")) { cluster in
        let (error, _) = try await cluster.failure(try app([configMap("settings")]))
        #expect(error.message.contains("flotilla-agent cannot be had"))
        #expect(error.cause.contains("create of Lease"))
        #expect(try await cluster.object(Server.configMaps, "settings") == nil)
      }
    }
  }
}

// MARK: - Roles

extension MissingVerbTests {
  /// What the agent may do with a resource: in its own namespace, or everywhere for the apps.
  private struct Grant {
    var resource: String
    var group = ""
    var verbs: [String]
    var isOfApps = false
  }

  private static let grants = [
    Grant(resource: "configmaps", verbs: ["get", "list", "create", "patch", "delete"]),
    Grant(
      resource: "leases", group: "coordination.k8s.io", verbs: ["get", "create", "update"]),
    Grant(
      resource: "configmaps", verbs: ["get", "list", "watch", "create", "patch", "delete"], isOfApps: true),
  ]

  /// A server that enforces roles; the agent comes with its service account's token, and may do all but what is `lacking`.
  private func enforcing(
    _ plane: Plane, _ lacking: (_ grant: Grant, _ verb: String) -> Bool, _ body: (Server) async throws -> Void
  ) async throws {
    var settings = DoubleSettings()
    settings.enforcesRBAC = true
    try await Server.with(plane, settings) { server in
      try await server.create(
        APIResource(
          group: "", version: "v1", kind: "ServiceAccount", name: "serviceaccounts", isNamespaced: true, verbs: []),
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": Self.metadata("flotilla-agent", isOfApps: false)])
      for isOfApps in [false, true] {
        let grants = Self.grants.filter { $0.isOfApps == isOfApps }.map { grant in
          var rest = grant
          rest.verbs = grant.verbs.filter { !lacking(grant, $0) }
          return rest
        }
        try await give(grants, isOfApps: isOfApps, server)
      }
      let token = try await server.cluster.serviceAccountToken(of: "flotilla-agent")
      try await server.asSomebody({ $0.credentials = .token(.bytes(Array(token.utf8))) }) { agent in
        try await waitForRoles(agent)
        try await body(agent)
      }
    }
  }

  private static func metadata(_ name: String, isOfApps: Bool) -> Value {
    isOfApps
      ? ["name": .string(Own.name(name)), "labels": .object(Own.mark)]
      : ["name": .string(name), "namespace": .string(Own.namespace)]
  }

  private func give(_ grants: [Grant], isOfApps: Bool, _ server: Server) async throws {
    let prefix = isOfApps ? "Cluster" : ""
    let metadata = Self.metadata("flotilla-agent", isOfApps: isOfApps)
    func resource(_ kind: String) -> APIResource {
      APIResource(
        group: "rbac.authorization.k8s.io", version: "v1", kind: kind, name: "\(kind.lowercased())s",
        isNamespaced: !isOfApps, verbs: [])
    }
    let rules = grants.map { grant -> Value in
      [
        "apiGroups": [.string(grant.group)], "resources": [.string(grant.resource)],
        "verbs": .array(grant.verbs.map(Value.string)),
      ]
    }
    let api: Value = "rbac.authorization.k8s.io/v1"
    try await server.create(
      resource("\(prefix)Role"),
      ["apiVersion": api, "kind": .string("\(prefix)Role"), "metadata": metadata, "rules": .array(rules)])
    try await server.create(
      resource("\(prefix)RoleBinding"),
      [
        "apiVersion": api, "kind": .string("\(prefix)RoleBinding"), "metadata": metadata,
        "roleRef": [
          "apiGroup": "rbac.authorization.k8s.io", "kind": .string("\(prefix)Role"), "name": metadata["name"] ?? "",
        ],
        "subjects": [
          ["kind": "ServiceAccount", "name": "flotilla-agent", "namespace": .string(Own.namespace)]
        ],
      ])
  }

  /// Waits until the server knows what the roles give: a real one reads them in its own time.
  private func waitForRoles(_ agent: Server) async throws {
    for path in ["/api/v1/configmaps", "/apis/coordination.k8s.io/v1/namespaces/\(Own.namespace)/leases/x"] {
      try await eventually("\(path) may be read") {
        let refused = try await failure { _ = try await agent.client.send(APIRequest(.get, kind: "", path: path)) }
        return refused == nil || refused?.kind == .notFound
      }
    }
  }
}
