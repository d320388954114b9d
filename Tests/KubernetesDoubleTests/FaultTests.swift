import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// What can go wrong with a server, on demand.
@Suite("Faults")
struct FaultTests {
  @Test("a bare 500 comes as text, as often as was asked, and then no more")
  func bareErrors() async throws {
    try await Plane.runDouble { server, cluster in
      server.inject(Fault(.answer(status: 500, text: "upstream failed"), count: 2) { $0.isApply })
      for expected in [500, 500, 201] {
        let reply = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
        #expect(reply.status == expected)
        #expect(reply.type.hasPrefix("text/plain") == (expected == 500))
      }
    }
  }

  @Test("an answer can be late")
  func latency() async throws {
    try await Plane.runDouble { server, cluster in
      server.inject(Fault(.delay(5), count: 1) { $0.path.hasSuffix("/version") })
      server.forgetRequests()
      let late = Task { try await cluster.call("GET", "/version") }
      while server.requests.isEmpty { await Task.yield() }
      let other = try await cluster.call("GET", "/version")
      // The first one is not answered yet.
      #expect(server.requests.map(\.status) == [0, 200])
      #expect(other.status == 200)
      let reply = try await late.value
      #expect(reply.status == 200)
    }
  }

  @Test("a stalled store: writes hang, and readiness still says ok")
  func hang() async throws {
    try await Plane.runDouble { server, cluster in
      server.inject(Fault(.hang, count: 1, where: \.isWrite))
      let write = Task { try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a")) }
      // The hanging one is known to be there once it was counted.
      while server.requests.last?.isWrite != true { await Task.yield() }
      let ready = try await cluster.call("GET", "/readyz")
      #expect(ready.text == "ok")
      write.cancel()
      await #expect(throws: (any Error).self) { try await write.value }
      #expect(server.object("configmaps", namespace: cluster.namespace, "a") == nil)
    }
  }

  @Test("from afar: a write can be carried out that nobody hears of, after so many that are answered")
  func mute() async throws {
    var settings = DoubleSettings()
    settings.hasRemoteControl = true
    try await Plane.runDouble(settings) { server, cluster in
      let fault: Value = [
        "effect": "mute", "after": 1, "writes": true, "path": .string(cluster.configMaps), "notPath": "/b",
      ]
      try #require(try await cluster.call("POST", "/double/faults", fault).status == 200)
      #expect(try await cluster.call("POST", "/double/faults", ["effect": "magic"]).status == 400)
      for name in ["a", "b"] {
        let reply = try await cluster.apply("\(cluster.configMaps)/\(name)", TestCluster.configMap(name))
        #expect(reply.status == 201)
      }
      let write = Task { try await cluster.apply("\(cluster.configMaps)/c", TestCluster.configMap("c")) }
      while server.object("configmaps", namespace: cluster.namespace, "c") == nil { await Task.yield() }
      write.cancel()
      await #expect(throws: (any Error).self) { try await write.value }
      let requests = try await cluster.call("GET", "/double/requests").value.array ?? []
      #expect(requests.count { $0["isApply"]?.bool == true && $0["isOfOne"]?.bool == true } == 3)
      try await cluster.call("DELETE", "/double/faults")
      #expect(try await cluster.apply("\(cluster.configMaps)/d", TestCluster.configMap("d")).status == 201)
    }
  }

  @Test("a connection can break before a write, and after it was carried out")
  func drop() async throws {
    try await Plane.runDouble { server, cluster in
      for (effect, isDone) in [(Fault.Effect.drop, false), (.dropAfterwards, true)] {
        server.inject(Fault(effect, count: 1, where: \.isWrite))
        await #expect(throws: (any Error).self) {
          try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
        }
        #expect((server.object("configmaps", namespace: cluster.namespace, "a") != nil) == isDone)
      }
    }
  }

  @Test("a watch can stay silent while the server answers everything else")
  func silence() async throws {
    try await Plane.runDouble { server, cluster in
      server.inject(Fault(.silence, count: 1, where: \.isWatch))
      let silent = try await cluster.watch(cluster.configMaps)
      #expect(silent.status == 200)
      let other = try await cluster.watch(cluster.configMaps)
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
      #expect(try await other.nextLine() == "ADDED a")
      let next = Task { try await silent.next() }
      #expect(try await cluster.call("GET", "\(cluster.configMaps)/a").status == 200)
      next.cancel()
      let event = try? await next.value
      #expect(event == nil)
    }
  }

  @Test("a paused server answers when it goes on, and watches see what they missed")
  func pause() async throws {
    try await Plane.runDouble { server, cluster in
      let watch = try await cluster.watch(cluster.configMaps)
      server.pause()
      let write = Task { try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a")) }
      while server.requests.last?.isWrite != true { await Task.yield() }
      server.resume()
      #expect(try await write.value.status == 201)
      #expect(try await watch.nextLine() == "ADDED a")
    }
  }

  @Test("a killed server comes back on its port, with its data or without")
  func restart() async throws {
    try await Plane.runDouble { server, cluster in
      for (keepsData, status) in [(true, 200), (false, 404)] {
        _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
        try await server.restart(keepingData: keepsData)
        try await cluster.waitUntilReady()
        #expect(try await cluster.call("GET", "\(cluster.configMaps)/a").status == status)
      }
    }
  }

  @Test("requests are counted by what they do")
  func requests() async throws {
    try await Plane.runDouble { server, cluster in
      server.forgetRequests()
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"), "dryRun=All")
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
      _ = try await cluster.call("GET", "\(cluster.configMaps)/a")
      #expect(server.requests.map(\.isWrite) == [false, true, false])
      #expect(server.requests.map(\.status) == [201, 201, 200])
    }
  }
}
