import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("An app's own rules decide on its own kinds")
struct OwnRulesObservedTests {
  /// Widgets with a status that takes anything.
  private var definition: Value {
    let schema: Value = ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]]
    let version: Value = [
      "name": "v1", "served": true, "storage": true, "schema": schema, "subresources": ["status": .object(Object())],
    ]
    return Definitions.definition.spec("versions", [version])
  }

  private func rule(healthy: String) -> AppPolicy.HealthRule {
    AppPolicy.HealthRule(
      group: Definitions.group, kind: "Widget", inProgress: "status.phase == 'Building'",
      failed: "status.phase == 'Broken'", healthy: healthy)
  }

  private func widget(healthy: String = "status.phase == 'Ready'") throws -> DesiredApp {
    try app([Definitions.widget], policy: AppPolicy(health: [rule(healthy: healthy)]))
  }

  private func setPhase(_ phase: String, _ cluster: Cluster) async throws {
    try await cluster.server.patch(
      Definitions.widgets, "one", ["status": ["phase": .string(phase)]], subresource: "status")
  }

  private func with(_ plane: Plane, _ body: (Cluster) async throws -> Void) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try app([definition], named: "kinds"))
      try await body(cluster)
    }
  }

  @Test("in progress, failed, healthy, as its controller goes on", arguments: Plane.tested)
  func phases(plane: Plane) async throws {
    try await with(plane) { cluster in
      let shop = try widget()
      await cluster.apply(shop)
      try await cluster.waits(for: "Progressing! has no status yet", of: "one", in: shop)
      for (phase, health) in [("Building", "Progressing!"), ("Broken", "Degraded!"), ("Ready", "Healthy")] {
        try await setPhase(phase, cluster)
        try await cluster.waits(for: "\(phase)", of: "one", in: shop) { $0.hasPrefix(health) }
      }
    }
  }

  @Test("a rule that changes alone is applied at once, though the object does not change", arguments: Plane.tested)
  func ruleChanges(plane: Plane) async throws {
    try await with(plane) { cluster in
      await cluster.apply(try widget())
      try await setPhase("Ready", cluster)
      try await cluster.waits(for: "Healthy", of: "one", in: try widget())
      let stricter = try widget(healthy: "status.phase == 'Perfect'")
      try await cluster.waits(for: "the stricter rule", of: "one", in: stricter) { $0.hasPrefix("Progressing!") }
      try await cluster.waits(for: "Healthy", of: "one", in: try widget())
      try await cluster.waits(for: "the kind's built-in rule", of: "one", in: try app([Definitions.widget])) {
        $0 == "Healthy"
      }
    }
  }

  @Test("a rule that cannot be read is no evidence: Unknown, with what is wrong with it", arguments: Plane.tested)
  func unreadable(plane: Plane) async throws {
    try await with(plane) { cluster in
      let shop = try widget(healthy: "status.phase ==")
      await cluster.apply(shop)
      try await cluster.waits(for: "what is wrong", of: "one", in: shop) {
        $0.hasPrefix("Unknown! its app's rule cannot be used: ")
      }
    }
  }
}
