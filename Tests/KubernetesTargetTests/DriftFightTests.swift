import AgentCore
import ControlPlanes
import FleetModel
import Logging
import Manifests
import Synchronization
import Testing

@testable import KubernetesTarget

@Suite("Who changes an object again and again is named, and healing slows down")
struct DriftFightTests {
  @Test("a correction says who made the change that it corrects", arguments: Plane.tested)
  func changer(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let shop = try app([configMap("settings")])
      await cluster.apply(shop)
      try await cluster.server.patch(
        Server.configMaps, "settings", ["data": ["a": "9"]], manager: "night-shift")
      try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: shop.name)) }
      let outcome = try #require(await cluster.target.apply(shop, .enforce).first)
      #expect((outcome.result.word, outcome.changedBy) == ("changed", "night-shift"))
    }
  }

  @Test(
    "after more than five corrections a minute there is an alarm with the other manager's name", arguments: Plane.tested
  )
  func fight(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let events = Mutex<[String]>([])
      let target = Cluster.makeTarget(server)
      let reconciler = Reconciler(
        target: target, settings: Reconciler.Settings(),
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { .now }, random: { 0 },
        notify: { notice in
          if case .event(let kind, let reason) = notice { events.withLock { $0.append("\(kind): \(reason)") } }
        })
      let shop = try app([configMap("settings"), configMap("other")])
      reconciler.desire(DesiredState(bundleSeq: 1, apps: [shop], removals: []))
      let running = Task { try await reconciler.run() }
      defer { running.cancel() }
      func value() async throws -> String? {
        try await server.object(Server.configMaps, "settings")?[path: "data", "a"]?.string
      }
      try await eventually("it is applied") { await reconciler.report(listing: 1).first?.sync == .synced }
      for round in 1...6 {
        try await server.patch(
          Server.configMaps, "settings", ["data": ["a": .string("theirs \(round)")]], manager: "night-shift")
        try await eventually("round \(round) is healed") { try await value() == "1" }
      }
      let words = "ConfigMap \(Own.namespace)/settings"
      try await eventually("there is an alarm") {
        let alarm = "DriftFight: \(words) of \(shop.name) is changed again and again by night-shift; healing slows down"
        return events.withLock { $0.contains(alarm) }
      }
      try await server.patch(Server.configMaps, "settings", ["data": ["a": "theirs"]], manager: "night-shift")
      try await eventually("the status says that it is left alone for now") {
        let app = await reconciler.report(listing: 1).first
        return app?.sync == .outOfSync
          && app?.reason
            == "\(words) is changed again and again by night-shift, and healed every 10 seconds only"
      }
      #expect(try await value() == "theirs")
      try await server.patch(Server.configMaps, "other", ["data": ["a": "9"]])
      try await eventually("it is healed in the end, the other one with it") {
        let other = try await server.object(Server.configMaps, "other")?[path: "data", "a"]
        let settings = try await value()
        return other == "1" && settings == "1"
      }
    }
  }
}

@Suite("What happens to an object while it is written is not overlooked")
struct OverlookedDriftTests {
  private let id = ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: "settings")

  private func live(_ version: Int, manager: String = "flotilla", operation: String = "Apply") -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": [
        "name": "settings", "namespace": "default", "uid": "u", "resourceVersion": .string(String(version)),
        "labels": ["flotilla.dev/app": "shop"],
        "managedFields": [
          [
            "manager": .string(manager), "operation": .string(operation), "time": "2026-01-01T00:00:00Z",
            "fieldsV1": ["f:data": ["f:a": .object(Object())]],
          ]
        ],
      ],
    ]
  }

  /// Tells of an object that is being written, whose answer comes after that; the apps that are said to have drifted.
  private func drifted(writing answer: Value?, meanwhile events: [WatchEvent]) async -> [String] {
    let told = Mutex<[String]>([])
    let objects = LiveObjects(judge: HealthJudge(now: { .now }), reach: Reach())
    objects.listen { app in told.withLock { $0.append(app) } }
    _ = objects.take(.present(live(1)), of: Server.configMaps)
    await objects.writing(id) {
      for event in events { #expect(objects.take(event, of: Server.configMaps).drifted.isEmpty) }
      if let answer { objects.record(applied: answer, as: id) }
    }
    return told.withLock(\.self)
  }

  @Test("the agent's own write is none, whether the answer or the watch tells of it first")
  func own() async {
    #expect(await drifted(writing: live(3), meanwhile: [.present(live(2, manager: "x")), .present(live(3))]) == [])
  }

  @Test("a change right after the write is told, though the watch told of it before the answer came")
  func changed() async {
    let theirs = live(4, manager: "night-shift", operation: "Update")
    #expect(await drifted(writing: live(3), meanwhile: [.present(live(3)), .present(theirs)]) == ["shop"])
  }

  @Test("a deletion right after the write is told")
  func deleted() async {
    #expect(await drifted(writing: live(3), meanwhile: [.present(live(3)), .gone(live(5))]) == ["shop"])
  }

  @Test("a change while it is only compared is told")
  func compared() async {
    let theirs = live(2, manager: "night-shift", operation: "Update")
    #expect(await drifted(writing: nil, meanwhile: [.present(theirs)]) == ["shop"])
  }
}
