import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("An app can do what its own service account may, and no more")
struct ImpersonationTests {
  private var settings: Value { configMap("settings").placed(in: "team-a") }

  @Test(
    "what the account may not is refused with account, verb and resource, and everything else goes on",
    arguments: Installation.Plane.tested)
  func missingRight(_ plane: Installation.Plane) async throws {
    try await Installation.with(.namespaced, on: plane) { place in
      try await place.withAgent(try Variant.namespaced.settings()) { target, _ in
        let lock: Value = [
          "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
          "metadata": ["name": "lock", "namespace": "team-a"], "spec": ["holderIdentity": "nobody"],
        ]
        let outcomes = await target.apply(try app([lock, settings], named: "web"), .enforce)
        #expect(outcomes.map(\.result.word) == ["created", "failed: api-forbidden"], "\(outcomes)")
        let error = try #require(outcomes.last?.result.error)
        let user = "system:serviceaccount:flotilla-apps:web"
        #expect(error.cause.contains("User \"\(user)\" cannot patch resource \"leases\""), "\(error)")
        #expect(error.nextStep == "give \(user), as which the app is applied, the verb and resource named")

        let stranger = try app([configMap("other").placed(in: "team-a")], named: "stranger")
        let refused = try #require(await target.apply(stranger, .enforce).first?.result.error)
        #expect(refused.cause.contains("User \"system:serviceaccount:flotilla-apps:stranger\" cannot"), "\(refused)")
        let again = await target.apply(try app([settings], named: "web"), .enforce)
        #expect(again.map(\.result.word) == ["unchanged"])
      }
    }
  }

  @Test(
    "an agent that may not act as an account says so, and deletes nothing as itself",
    arguments: Installation.Plane.tested)
  func mayNotImpersonate(_ plane: Installation.Plane) async throws {
    try await Installation.with(.namespaced, on: plane) { place in
      let web = try app([settings], named: "web")
      var settings = try Variant.namespaced.settings()
      try await place.withAgent(settings) { target, _ in _ = await target.apply(web, .enforce) }
      settings.accounts = AppAccounts("team-a/{app}")
      try await place.withAgent(settings) { target, _ in
        let deleted = await target.delete(try await target.owned())
        let error = try #require(deleted.first?.result.error)
        #expect(error.cause.contains("cannot impersonate resource \"serviceaccounts\""), "\(error)")
        #expect(error.cause.contains(Installation.agent))
        #expect(try await target.owned().count == 1)
      }
    }
  }

  @Test("the account's pattern is a namespace and a name, the app's name filled in; nothing else is one")
  func pattern() {
    #expect(AppAccounts("apps/{app}")?.user(of: "web") == "system:serviceaccount:apps:web")
    #expect(AppAccounts("team-{app}/flotilla")?.user(of: "web") == "system:serviceaccount:team-web:flotilla")
    for text in ["", "apps", "apps/", "/web", "a/b/c", "apps/{App}", "apps/Web", "apps/a:b", "apps/{app"] {
      #expect(AppAccounts(text) == nil, "\(text)")
    }
  }
}

@Suite("An agent that is limited to namespaces")
struct NamespacesTests {
  private func limited(
    _ body: (KubernetesDouble, Server, KubernetesTarget, Changes) async throws -> Void
  ) async throws {
    try await Server.withDouble { double, server in
      for name in ["blue", "red", "green"] { try await server.create(Server.namespaces, namespace(name)) }
      try await Cluster.with(server, configure: { $0.namespaces = ["blue", "red"] }) { cluster in
        try await body(double, server, cluster.target, cluster.changes)
      }
    }
  }

  private func shop() throws -> DesiredApp {
    try app([configMap("one").placed(in: "blue"), configMap("two").placed(in: "red")])
  }

  @Test("heals in each of them, and asks for nothing in the cluster as a whole")
  func heals() async throws {
    try await limited { double, server, target, changes in
      let shop = try shop()
      #expect(await target.apply(shop, .enforce).map(\.result.word) == ["created", "created"])
      try await eventually("both are followed") {
        await target.observe(shop).objects.allSatisfy { $0.health == .healthy }
      }
      for (namespace, name) in [("blue", "one"), ("red", "two")] {
        changes.forget()
        try await server.delete(Server.configMaps, name, namespace: namespace)
        try await eventually("the deletion is told") { changes.contains(.drifted(app: shop.name)) }
        #expect(Set(await target.apply(shop, .enforce).map(\.result.word)) == ["created", "unchanged"])
      }
      let watched = double.requests.filter { $0.query["watch"] != nil && $0.userAgent == "flotilla-agent" }
        .map(\.path)
      #expect(Set(watched) == ["/api/v1/namespaces/blue/configmaps", "/api/v1/namespaces/red/configmaps"])
    }
  }

  @Test("refuses what lies elsewhere or in no namespace, and applies the rest")
  func refuses() async throws {
    try await limited { double, server, target, _ in
      let shop = try app([
        configMap("one").placed(in: "blue"), configMap("three").placed(in: "green"), namespace("yellow"),
      ])
      let results = Dictionary(
        await target.apply(shop, .enforce).map { ($0.id.name, $0.result) }, uniquingKeysWith: { $1 })
      #expect(results["one"]?.word == "created")
      #expect(
        results["three"]?.error?.message == "is in namespace green, and this agent manages only namespaces blue, red")
      #expect(
        results["yellow"]?.error?.message
          == "is outside of all namespaces, and this agent manages only namespaces blue, red")
      #expect(double.object("configmaps", namespace: "green", "three") == nil)
    }
  }

  @Test("does not take an object for gone because another namespace was listed anew")
  func relists() async throws {
    try await limited { double, server, target, changes in
      let shop = try shop()
      _ = await target.apply(shop, .enforce)
      try await eventually("both are followed") {
        await target.observe(shop).objects.allSatisfy { $0.health == .healthy }
      }
      let resource = Server.configMaps
      let live = try await server.get(resource, "blue", "one")
      changes.forget()
      for event in [WatchEvent.begin, .present(live), .complete] {
        #expect(target.live.take(event, of: resource, in: "blue").drifted.isEmpty)
      }
      #expect(target.live[ObjectID(group: "", kind: "ConfigMap", namespace: "red", name: "two")] != nil)
      #expect(target.live.take(.begin, of: resource, in: "blue").drifted.isEmpty)
      #expect(!target.live.isComplete(resource))
      #expect(target.live.take(.complete, of: resource, in: "blue").drifted == [shop.name])
    }
  }
}
