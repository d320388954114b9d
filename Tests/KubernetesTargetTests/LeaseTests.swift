import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Of two agents of one cluster one writes, and the other says so")
struct LeaseTests {
  private let first = LeaseHolder(identity: "acme/one", boot: "b1")
  private let second = LeaseHolder(identity: "acme/two", boot: "b1")

  private var shop: DesiredApp { get throws { try app([configMap("settings")]) } }

  private func lease(_ server: Server) async throws -> String? {
    try await server.object(leases, "flotilla-agent")?[path: "spec", "holderIdentity"]?.string
  }

  private let leases = APIResource(
    group: "coordination.k8s.io", version: "v1", kind: "Lease", name: "leases", isNamespaced: true, verbs: [])

  @Test(
    "the second writes nothing, names the first in every error, and calls its health Unknown", arguments: Plane.tested)
  func refused(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let shop = try shop
      try await Cluster.with(server, holder: first) { one in
        #expect(await one.apply(shop) == ["settings": "created"])
        #expect(try await lease(server) == "acme/one")
        try await Cluster.with(server, holder: second) { two in
          let other = try app([configMap("settings", ["a": "2"])], named: "other")
          let writes = two.writes
          let (error, isTransient) = try await two.failure(other)
          #expect(isTransient)
          #expect(error.message == "another agent works on this cluster: acme/one")
          #expect(error.nextStep.contains("stop one of the two"))
          #expect(await two.health(of: "settings", in: other) == "Unknown!")
          let id = ObjectID(group: "", kind: "ConfigMap", namespace: Own.namespace, name: "settings")
          let owned = [OwnedObject(app: shop.name, id: id)]
          #expect(await two.target.delete(owned).map(\.result.word) == ["failed: api-not-holder"])
          #expect(await two.target.disown(owned).map(\.result.word) == ["failed: api-not-holder"])
          #expect(two.writes == writes)
        }
        #expect(await one.apply(shop) == ["settings": "unchanged"])
      }
    }
  }

  @Test(
    "when the first is gone the second takes over by itself, and knows what the first owned", arguments: Plane.tested)
  func takesOver(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let shop = try shop
      try await Cluster.with(server, holder: first, lease: .seconds(2)) { one in
        try await eventually("it is applied") {
          await one.apply(shop)
          return try await one.object(Server.configMaps, "settings") != nil
        }
      }
      try await Cluster.with(server, holder: second, lease: .seconds(2)) { two in
        try await eventually("it is told that it may work now") {
          two.target.knownRefusal == nil && two.changes.contains(.everything)
        }
        #expect(try await lease(server) == "acme/two")
        #expect(try await two.target.owned().map(\.app) == [shop.name])
      }
    }
  }

  @Test("an agent that starts again waits for nothing", arguments: Plane.tested)
  func restarts(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let shop = try shop
      try await Cluster.with(server, holder: first) { one in await one.apply(shop) }
      let again = LeaseHolder(identity: first.identity, boot: "b2")
      try await Cluster.with(server, holder: again) { one in
        let changed = try app([configMap("settings", ["a": "2"])])
        #expect(await one.apply(changed) == ["settings": "changed"])
      }
    }
  }

  @Test("of two with one identity the one that started last works", arguments: Plane.tested)
  func twins(plane: Plane) async throws {
    try await Server.with(plane) { server in
      try await Cluster.with(server, holder: first, lease: .seconds(15)) { older in
        await older.apply(try app([configMap("settings")]))
        let twin = LeaseHolder(identity: first.identity, boot: "b2")
        try await Cluster.with(server, holder: twin, lease: .seconds(15)) { newer in
          await newer.apply(try app([configMap("settings")]))
          try await eventually("the older one yields") {
            older.target.knownRefusal != nil && newer.target.knownRefusal == nil
          }
        }
      }
    }
  }

  @Test("a Lease that may not be written is an error that names verb and resource, and nothing is written")
  func forbidden() async throws {
    try await Server.withDouble { double, server in
      double.inject(
        Fault(.answer(status: 403, text: "cannot create resource leases")) {
          $0.method == "POST" && $0.path.contains("/leases")
        })
      try await Cluster.with(server, holder: first) { one in
        let (error, _) = try await one.failure(try app([configMap("settings")]))
        #expect(error.message.contains("\(Own.namespace)/flotilla-agent cannot be had"))
        #expect(error.cause.contains("create of Lease"))
        #expect(try await one.object(Server.configMaps, "settings") == nil)
      }
    }
  }

  @Test("it is read once, and every renewal is one request; one that somebody deleted is made anew")
  func renewed() async throws {
    try await Server.withDouble { double, server in
      try await Cluster.with(server, holder: first, lease: .seconds(9)) { one in
        func requests(_ method: String) -> Int {
          double.requests.count { $0.method == method && $0.path.hasSuffix("/leases/flotilla-agent") }
        }
        try await eventually("it was renewed") { requests("PUT") >= 2 }
        #expect(requests("GET") == 1)
        try await server.delete(leases, "flotilla-agent")
        try await eventually("it is held again") {
          let holder = try await lease(server)
          return holder == "acme/one" && one.target.knownRefusal == nil
        }
      }
    }
  }

  @Test("what cannot be renewed is held to its end")
  func interrupted() async throws {
    try await Server.withDouble { double, server in
      let shop = try shop
      try await Cluster.with(server, holder: first) { one in
        await one.apply(shop)
        double.inject(Fault(.answer(status: 503, text: "later")) { $0.path.contains("/leases") })
        #expect(await one.apply(shop) == ["settings": "unchanged"])
      }
    }
  }

  @Test("when its time is over nothing is written, and it is had again when it can be")
  func lapsed() async throws {
    try await Server.withDouble { double, server in
      let shop = try shop
      try await Cluster.with(server, holder: first, lease: .seconds(2)) { one in
        try await eventually("it is held") { one.target.knownRefusal == nil }
        let fault = double.inject(Fault(.answer(status: 503, text: "later")) { $0.path.contains("/leases") })
        try await eventually("its time is over") { one.target.knownRefusal != nil }
        #expect(await one.apply(shop) == ["settings": "failed: api-not-holder"])
        double.removeFault(fault)
        try await eventually("it is held again, and applied") {
          await one.apply(shop)
          return try await one.object(Server.configMaps, "settings") != nil
        }
        #expect(try await lease(server) == "acme/one")
      }
    }
  }
}
