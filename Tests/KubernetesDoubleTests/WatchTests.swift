import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

/// knowledge/kubernetes-api.md, "Watch and list": watches.
@Suite("Watches")
struct WatchTests {
  @Test("a watch from a resourceVersion sees every change after it", arguments: Plane.tested)
  func changes(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let first = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
      let watch = try await cluster.watch(
        cluster.configMaps, "fieldSelector=metadata.name%21%3Dkube-root-ca.crt&resourceVersion=\(first.resourceVersion)"
      )
      _ = try await cluster.apply("\(cluster.configMaps)/b", TestCluster.configMap("b"))
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a", ["key": "other"]))
      let last = try await cluster.call("GET", "\(cluster.configMaps)/a")
      _ = try await cluster.call("DELETE", "\(cluster.configMaps)/a")
      // Controllers of a real cluster may put objects of their own into a namespace.
      func next() async throws -> Value {
        while true {
          let event = try #require(try await watch.next())
          if ["a", "b"].contains(event[path: "object", "metadata", "name"]?.string) { return event }
        }
      }
      for (type, name) in [("ADDED", "b"), ("MODIFIED", "a")] {
        let event = try await next()
        #expect((event["type"]?.string, event[path: "object", "metadata", "name"]?.string) == (type, name))
      }
      let deleted = try await next()
      #expect(deleted["type"] == "DELETED")
      // The object as it last was, at the deletion's own resourceVersion.
      #expect(deleted[path: "object", "data"] == ["key": "other"])
      #expect(deleted[path: "object", "metadata", "resourceVersion"]?.string != last.resourceVersion)
    }
  }

  @Test("a watch without a resourceVersion begins with what is there", arguments: Plane.tested)
  func initialState(_ plane: Plane) async throws {
    try await plane.run { cluster in
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a", labels: ["x": "1"]))
      let watch = try await cluster.watch(cluster.configMaps, "labelSelector=x")
      #expect(try await watch.nextLine() == "ADDED a")
    }
  }

  @Test("WatchList sends what is there, then a bookmark that says so", arguments: Plane.tested)
  func watchList(_ plane: Plane) async throws {
    try await plane.run { cluster in
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a", labels: ["x": "1"]))
      let watch = try await cluster.watch(
        cluster.configMaps,
        "labelSelector=x&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
      #expect(try await watch.nextLine() == "ADDED a")
      let bookmark = try #require(try await watch.next())
      #expect(bookmark["type"] == "BOOKMARK")
      #expect(bookmark[path: "object", "kind"] == "ConfigMap")
      #expect(bookmark[path: "object", "metadata", "annotations", "k8s.io/initial-events-end"] == "true")
      #expect(bookmark[path: "object", "metadata", "resourceVersion"]?.string?.isEmpty == false)
    }
  }

  @Test("WatchList needs resourceVersionMatch", arguments: Plane.tested)
  func watchListAlone(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let reply = try await cluster.call(
        "GET", "\(cluster.configMaps)?watch=1&sendInitialEvents=true&allowWatchBookmarks=true")
      #expect((reply.status, reply.reason) == (422, "Invalid"))
    }
  }

  @Test("an object that no longer matches the label selector arrives as DELETED", arguments: Plane.tested)
  func leavesSelector(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let path = "\(cluster.configMaps)/a"
      _ = try await cluster.apply(path, TestCluster.configMap("a", labels: ["x": "1"]))
      let watch = try await cluster.watch(cluster.configMaps, "labelSelector=x%3D1")
      #expect(try await watch.nextLine() == "ADDED a")
      _ = try await cluster.apply(path, TestCluster.configMap("a", labels: ["x": "2"]))
      #expect(try await watch.nextLine() == "DELETED a")
      _ = try await cluster.apply(path, TestCluster.configMap("a", labels: ["x": "1"]))
      #expect(try await watch.nextLine() == "ADDED a")
    }
  }

  @Test("a watch ends by itself after timeoutSeconds", arguments: Plane.tested)
  func timeout(_ plane: Plane) async throws {
    try await plane.run { cluster in
      let watch = try await cluster.watch(cluster.configMaps, "labelSelector=x&timeoutSeconds=1")
      #expect(try await watch.next() == nil)
    }
  }

  @Test("one object can be watched by its name", arguments: Plane.tested)
  func oneObject(_ plane: Plane) async throws {
    try await plane.run { cluster in
      for name in ["a", "b"] {
        _ = try await cluster.apply("\(cluster.configMaps)/\(name)", TestCluster.configMap(name))
      }
      let watch = try await cluster.watch(cluster.configMaps, "fieldSelector=metadata.name%3Db")
      #expect(try await watch.nextLine() == "ADDED b")
      _ = try await cluster.call("DELETE", "\(cluster.configMaps)/a")
      _ = try await cluster.call("DELETE", "\(cluster.configMaps)/b")
      #expect(try await watch.nextLine() == "DELETED b")
    }
  }

  @Test("a resourceVersion from before a restart fails with HTTP 200 and an ERROR event with code 410")
  func tooOld() async throws {
    try await Plane.runDouble { server, cluster in
      let first = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a"))
      try await server.restart()
      try await cluster.waitUntilReady()
      let watch = try await cluster.watch(cluster.configMaps, "resourceVersion=\(first.resourceVersion)")
      #expect(watch.status == 200)
      let event = try #require(try await watch.next())
      #expect(event["type"] == "ERROR")
      #expect(event[path: "object", "code"] == 410)
      #expect(event[path: "object", "reason"] == "Expired")
      #expect(
        event[path: "object", "message"]?.string?.hasPrefix("too old resource version: \(first.resourceVersion)")
          == true)
      #expect(try await watch.next() == nil)
      #expect(try await cluster.call("GET", "\(cluster.configMaps)/a").resourceVersion == first.resourceVersion)
    }
  }

  @Test("bookmarks come now and then to who wants them, and to nobody else")
  func bookmarks() async throws {
    var settings = DoubleSettings()
    settings.bookmarkInterval = 0.02
    try await Plane.runDouble(settings) { _, cluster in
      let without = try await cluster.watch(cluster.configMaps, "labelSelector=x&timeoutSeconds=1")
      let with = try await cluster.watch(
        cluster.configMaps, "labelSelector=x&allowWatchBookmarks=true&timeoutSeconds=1")
      #expect(try await with.next()?["type"] == "BOOKMARK")
      #expect(try await without.next() == nil)
    }
  }

  @Test("a graceful stop leaves an open watch silent for a while, then ends it")
  func gracefulStop() async throws {
    var settings = DoubleSettings()
    settings.stopSilence = 2
    try await Plane.runDouble(settings) { server, cluster in
      let watch = try await cluster.watch(cluster.configMaps, "labelSelector=x")
      // Opens a second connection, which is kept.
      _ = try await cluster.call("GET", "/version")
      async let stopped: Void = server.stop()
      while !server.isStopping { await Task.yield() }
      // Connections that are open go on being answered, but the watch sees nothing of it.
      _ = try await cluster.apply("\(cluster.configMaps)/a", TestCluster.configMap("a", labels: ["x": "1"]))
      let event = try? await watch.next()
      #expect(event == nil)
      await stopped
    }
  }

  @Test("a server without WatchList refuses it with 422, by its version", arguments: [(27, 422), (32, 200), (33, 422)])
  func watchListByVersion(_ minor: Int, _ status: Int) async throws {
    try await Plane.runDouble(DoubleSettings(minor: minor)) { _, cluster in
      let watch = try await cluster.watch(
        cluster.configMaps, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
      #expect(watch.status == status)
    }
  }

  @Test("a kill ends a watch at once")
  func kill() async throws {
    try await Plane.runDouble { server, cluster in
      let watch = try await cluster.watch(cluster.configMaps, "labelSelector=x")
      async let killed: Void = server.kill()
      let event = try? await watch.next()
      #expect(event == nil)
      await killed
    }
  }
}
