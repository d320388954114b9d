import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("What cannot be seen is not called healthy")
struct BlindTests {
  @Test("without a watch that ever told anything an app is Unknown, and says what is missing")
  func neverSeen() async throws {
    try await Cluster.withDouble { double, cluster in
      double.inject(Fault(.answer(status: 403, text: "no")) { $0.isWatch })
      let shop = try app([configMap("settings")])
      await cluster.apply(shop)
      try await cluster.waits(for: "the reason", of: "settings", in: shop) {
        $0.hasPrefix("Unknown! ConfigMap objects cannot be watched: ")
      }
    }
  }

  @Test("a watch that is lost for a moment leaves what was seen; for longer, Unknown; and it comes back by itself")
  func lost() async throws {
    try await Server.withDouble { double, server in
      let clock = HandClock()
      try await Cluster.with(server, now: { clock.now }) { cluster in
        let shop = try app([configMap("settings")])
        await cluster.apply(shop)
        let fault = double.inject(Fault(.answer(status: 503, text: "no")) { $0.isWatch })
        try await double.restart()
        try await eventually("the watch is lost") {
          if case .lost = cluster.target.watches.sight(of: try #require(await cluster.configMaps())) {
            true
          } else {
            false
          }
        }
        #expect(await cluster.health(of: "settings", in: shop) == "Healthy")
        clock.advance(HealthLimits.blindTime + .seconds(1))
        #expect(await cluster.health(of: "settings", in: shop).hasPrefix("Unknown! ConfigMap objects cannot be"))
        cluster.changes.forget()
        double.removeFault(fault)
        try await cluster.waits(for: "Healthy", of: "settings", in: shop)
        try await eventually("it is told") { cluster.changes.contains(.healthChanged(app: Own.name("shop"))) }
      }
    }
  }

  @Test("an explanation that may not be read is left out, and the health is told all the same")
  func unreadableExplanation() async throws {
    try await Cluster.withDouble(Cluster.workloads) { double, cluster in
      double.inject(
        Fault(.answer(status: 403, text: "no")) {
          !$0.isWatch && ($0.path.hasSuffix("/pods") || $0.path.hasSuffix("/events"))
        })
      let shop = try app([deployment("web", image: "nginx:broken").spec("progressDeadlineSeconds", 1)])
      await cluster.apply(shop)
      try await cluster.waits(
        for: "Degraded! 0 of 2 available, progress deadline exceeded", of: "web", in: shop)
    }
  }

  @Test("workloads that are stuck are looked at in turn, by a few requests each, and every one gets its reason")
  func manyStuck() async throws {
    try await Cluster.withDouble(Cluster.workloads) { double, cluster in
      let shop = try app((0..<30).map { deployment("web-\($0)", image: "nginx:broken", label: "web-\($0)") })
      await cluster.apply(shop)
      try await cluster.waits(for: "the reason of the last", of: "web-29", in: shop) {
        $0.contains("ImagePullBackOff on web-29-")
      }
      #expect(cluster.target.inquiries.count == 30)
      double.forgetRequests()
      try await eventually("they are looked at again") {
        double.requests.count { $0.path.contains("/deployments/") } >= 5
      }
      let requests = double.requests
      let looks = requests.count { $0.path.contains("/deployments/") }
      #expect(requests.count <= looks * 8)
    }
  }
}
