import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("A watch tells everything once and then every change, whatever happens to server and connection")
struct WatchTests {
  /// Runs a watch of the ConfigMaps that carry the test's label beside a test.
  private func watching(
    _ server: Server, _ body: (Mirror) async throws -> Void
  ) async throws {
    let mirror = Mirror()
    let watch = ObjectWatch(
      client: server.client, resource: Server.configMaps, labels: "app=\(Own.namespace)", random: { 0 })
    let task = Task { await watch.run { event in await mirror.take(event) } }
    do {
      try await body(mirror)
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    await task.value
  }

  private func labelled(_ name: String) -> Value { configMap(name, labels: ["app": .string(Own.namespace)]) }

  private func change(_ server: Server, _ name: String, _ value: String) async throws {
    try await server.patch(Server.configMaps, name, ["data": ["a": .string(value)]])
  }

  @Test("what is there comes first, in one request, then what is added, changed and deleted", arguments: Plane.tested)
  func changes(plane: Plane) async throws {
    try await Server.with(plane) { server in
      try await server.create(Server.configMaps, labelled("one"))
      try await watching(server) { mirror in
        try await eventually("everything is told") { await mirror.completions == 1 }
        #expect(await mirror.values == ["one": "1"])
        #expect(server.requests() == 1)
        try await server.create(Server.configMaps, labelled("two"))
        try await change(server, "one", "2")
        try await eventually("changes are told") { await mirror.values == ["one": "2", "two": "1"] }
        try await server.delete(Server.configMaps, "two")
        try await eventually("a deletion is told") { await mirror.values == ["one": "2"] }
        #expect(await mirror.completions == 1)
      }
    }
  }

  @Test("an object that no longer matches the selector is gone", arguments: Plane.tested)
  func leavesSelector(plane: Plane) async throws {
    try await Server.with(plane) { server in
      try await server.create(Server.configMaps, labelled("one"))
      try await watching(server) { mirror in
        try await eventually("it is there") { await mirror.values.count == 1 }
        try await server.patch(Server.configMaps, "one", ["metadata": ["labels": ["app": "other"]]])
        try await eventually("it is gone") { await mirror.values.isEmpty }
      }
    }
  }

  @Test("without WatchList everything comes by pages")
  func pages() async throws {
    try await Server.withDouble { double, server in
      for index in 0...ClientLimits.pageObjects {
        try await server.create(Server.configMaps, labelled("c\(index)"))
      }
      double.inject(Fault(.answer(status: 422, text: "no")) { $0.query["sendInitialEvents"] != nil })
      double.forgetRequests()
      try await watching(server) { mirror in
        try await eventually("everything is told") { await mirror.completions == 1 }
        #expect(await mirror.values.count == ClientLimits.pageObjects + 1)
        #expect(double.requests.count { $0.method == "GET" && !$0.isWatch } == 2)
        try await change(server, "c0", "2")
        try await eventually("changes are told") { await mirror.values["c0"] == "2" }
      }
    }
  }

  @Test("after a restart of the server the old version is refused inside the stream, and everything comes anew")
  func restart() async throws {
    try await Server.withDouble { double, server in
      try await server.create(Server.configMaps, labelled("one"))
      try await watching(server) { mirror in
        try await eventually("it is there") { await mirror.completions == 1 }
        try await double.restart()
        try await eventually("everything is told again") { await mirror.completions == 2 }
        #expect(await mirror.values == ["one": "1"])
        try await change(server, "one", "2")
        try await eventually("changes are told") { await mirror.values == ["one": "2"] }
      }
    }
  }

  @Test("a deletion that nobody told is known once everything has come anew")
  func missedDeletion() async throws {
    var settings = APIClient.Settings()
    settings.watchIdle = .seconds(3)
    try await Server.withDouble(client: settings) { double, server in
      try await server.create(Server.configMaps, labelled("one"))
      try await watching(server) { mirror in
        try await eventually("it is there") { await mirror.completions == 1 }
        let fault = double.inject(Fault(.answer(status: 503, text: "unavailable")) { $0.isWatch })
        double.compact()
        try await eventually("the watch is lost") { await !mirror.interruptions.isEmpty }
        try await server.delete(Server.configMaps, "one")
        double.compact()
        double.removeFault(fault)
        try await eventually("it is gone") { await mirror.values.isEmpty }
        #expect(await mirror.completions == 2)
      }
    }
  }

  @Test("a watch that falls silent is given up and goes on from where it was")
  func silence() async throws {
    var settings = APIClient.Settings()
    settings.watchIdle = .seconds(3)
    try await Server.withDouble(client: settings) { double, server in
      try await server.create(Server.configMaps, labelled("one"))
      try await watching(server) { mirror in
        try await eventually("it is there") { await mirror.completions == 1 }
        double.inject(Fault(.silence, count: 1) { $0.isWatch })
        try await eventually("the watch was opened again, twice") {
          double.requests.count { $0.isWatch } >= 3
        }
        try await change(server, "one", "2")
        try await eventually("the change is told") { await mirror.values == ["one": "2"] }
        #expect(await mirror.completions == 1)
      }
    }
  }

  @Test("refusals are told, and the watch begins when they end")
  func refusal() async throws {
    try await Server.withDouble { double, server in
      let fault = double.inject(Fault(.answer(status: 503, text: "unavailable")) { $0.isWatch })
      try await watching(server) { mirror in
        try await eventually("it is told") { await mirror.interruptions.contains(.serverFailure) }
        double.removeFault(fault)
        try await eventually("everything is told") { await mirror.completions == 1 }
        #expect(await mirror.resumptions == 1)
      }
    }
  }

  @Test("lines may come in any pieces, and none over the bound")
  func lines() {
    var splitter = LineSplitter(limit: 5)
    #expect(splitter.take(Array("ab".utf8)) == [])
    #expect(splitter.take(Array("c\n\nde\nf".utf8)) == [Array("abc".utf8), Array("de".utf8)])
    #expect(splitter.take(Array("ghij\n".utf8)) == [Array("fghij".utf8)])
    #expect(splitter.take(Array("123456".utf8)) == nil)
  }
}

/// What a watch told, put together.
private actor Mirror {
  private(set) var values: [String: String] = [:]
  private(set) var completions = 0
  private(set) var interruptions: [APIFailure.Kind] = []
  private(set) var resumptions = 0
  private var told: Set<String> = []

  func take(_ event: WatchEvent) {
    switch event {
    case .begin: told = []
    case .present(let object):
      guard let name = object[path: "metadata", "name"]?.string else { return }
      values[name] = object[path: "data", "a"]?.string ?? ""
      told.insert(name)
    case .gone(let object):
      if let name = object[path: "metadata", "name"]?.string { values[name] = nil }
    case .complete:
      values = values.filter { told.contains($0.key) }
      completions += 1
    case .interrupted(let failure): interruptions.append(failure.kind)
    case .resumed: resumptions += 1
    }
  }
}
