import Foundation
import LocalFleet
import TestSupport
import Testing
import Wire

@Suite("Whatever happens to the link, the hub and the agent, no object is lost and none comes back", .serialized)
struct LinkCutTests {
  /// How many things happen; `FLOTILLA_EVENTS` raises it.
  static let events = ProcessInfo.processInfo.environment["FLOTILLA_EVENTS"].flatMap(Int.init) ?? 40

  /// What Git has of ConfigMaps: a name and a text each.
  private struct Upstream {
    var texts: [String: String] = ["settings-1": "0", "settings-2": "0", "settings-3": "0"]
    var made = 3

    var yaml: String {
      texts.sorted { $0.key < $1.key }.map {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \($0.key)}\ndata: {text: \"\($0.value)\"}\n"
      }.joined(separator: "---\n")
    }

    /// Adds, changes or drops one.
    mutating func change(_ number: Int, _ dice: inout Randomness) {
      let victim = texts.keys.sorted().randomElement(using: &dice)
      switch Int.random(in: 0..<3, using: &dice) {
      case 0:
        made += 1
        texts["settings-\(made)"] = "\(number)"
      case 1: if let victim { texts[victim] = "\(number)" }
      // A few always stay: dropping the last is another matter, which asks for a word.
      default: if let victim, texts.count > 2 { texts[victim] = nil }
      }
    }
  }

  @Test("forty things at random: commits, edits, deletions, cuts, kills and restarts", .timeLimit(.minutes(30)))
  func random() async throws {
    var dice = Randomness("what happens to hub, agent and link")
    let link = try Link()
    try await link.open()
    try await Stage.withServers(SampleFleet(), ["dev-1"], link: link) { stage in
      var upstream = Upstream()
      for number in 1...Self.events {
        do {
          try await happen(number, &upstream, stage, link, &dice)
          if number.isMultiple(of: 10) { try await converge(upstream, stage, link) }
        } catch {
          throw StageFailure(description: "event \(number), seed \(dice.seed): \(error)")
        }
      }
      try await converge(upstream, stage, link)
    }
    await link.cut()
  }

  private func happen(
    _ number: Int, _ upstream: inout Upstream, _ stage: Stage, _ link: Link, _ dice: inout Randomness
  ) async throws {
    let server = stage.server(of: "dev-1")
    let live = try await server.configMaps().keys.sorted().randomElement(using: &dice)
    switch Int.random(in: 0..<10, using: &dice) {
    case 0...2:
      upstream.change(number, &dice)
      try stage.repository.write(upstream.yaml, to: "apps/web/base/settings.yaml")
      // A change may have been none.
      _ = try? stage.repository.commit("event \(number)")
    case 3: if let live { try? await server.edit(live, text: "edited") }
    case 4: if let live { try await server.delete("/api/v1/namespaces/web/configmaps/\(live)") }
    case 5: await link.cut()
    case 6: try await link.open()
    case 7:
      try stage.fleet.hub.kill()
      try stage.fleet.startHub()
    case 8:
      try stage.fleet.cluster("dev-1").agent.kill()
      try stage.startAgent(of: "dev-1")
    default: break
    }
    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<400, using: &dice)))
  }

  /// With the link open the cluster has what Git has, and the agent owns no more than that.
  private func converge(_ upstream: Upstream, _ stage: Stage, _ link: Link) async throws {
    try await link.open()
    let server = stage.server(of: "dev-1")
    try await eventually("the cluster has what Git has", within: .seconds(180)) {
      try await server.configMaps().mapValues(\.text) == upstream.texts.mapValues(Optional.some)
    }
    let listed = upstream.texts.keys.map { "/ConfigMap/web/\($0)" } + ["/Namespace//web", "apps/Deployment/web/web"]
    try await eventually("the inventory lists that", within: .seconds(60)) {
      try await server.inventory() == listed.sorted()
    }
    try await eventually("the hub knows it synced", within: .seconds(60)) {
      let shown = try await stage.placement(on: "dev-1")
      return shown?.sync == .synced && shown?.appDigest == shown?.reportedAppDigest
    }
  }
}
