import AgentCore
import ControlPlanes
import FleetModel
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("A server's refusals are taken for what they are")
struct RefusalTests {
  /// What becomes of an app of this one object: the error, and whether it is tried again; nil when it is applied.
  private func refusal(_ object: Value, _ cluster: Cluster) async throws -> (error: FleetError, isTransient: Bool)? {
    let outcomes = await cluster.target.apply(try app([object]), .enforce)
    guard case .failed(let error, let isTransient)? = outcomes.first?.result else { return nil }
    return (error, isTransient)
  }

  @Test("what the server cannot read is not tried again, though it says 500", arguments: Plane.tested)
  func unknownField(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let refused = try #require(try await refusal(deployment("web").spec("nonesuch", 1), cluster))
      #expect(refused.error.code == APIFailure.Kind.rejected.code)
      #expect(!refused.isTransient)
    }
  }

  @Test("what validation does not accept is not tried again, and says which field", arguments: Plane.tested)
  func invalid(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let refused = try #require(
        try await refusal(deployment("web").spec("selector", ["matchLabels": ["app": "nobody"]]), cluster))
      #expect(refused.error.code == APIFailure.Kind.invalid.code)
      #expect(refused.error.cause.contains("spec.template.metadata.labels"), "\(refused.error.cause)")
      #expect(!refused.isTransient)
    }
  }

  @Test("a kind that nobody serves is waited for", arguments: Plane.tested)
  func unknownKind(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let refused = try #require(try await refusal(Definitions.widget, cluster))
      #expect(refused.error.code == APIFailure.Kind.notServed.code)
      #expect(refused.isTransient)
    }
  }

  @Test("a namespace that does not exist is waited for", arguments: Plane.tested)
  func noNamespace(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      var object = configMap("settings")
      object["metadata"]?["namespace"] = .string(Own.name("none"))
      let refused = try #require(try await refusal(object, cluster))
      #expect(refused.error.code == APIFailure.Kind.notFound.code)
      #expect(refused.isTransient)
    }
  }

  @Test("an object over the server's bound is not tried again", arguments: Plane.tested)
  func tooLarge(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let text = String(repeating: "x", count: 1_100_000)
      let refused = try #require(try await refusal(configMap("large", ["a": .string(text)]), cluster))
      #expect(refused.error.code == APIFailure.Kind.invalid.code)
      #expect(!refused.isTransient)
      let larger = try #require(
        try await refusal(configMap("larger", ["a": .string(text + text + text)]), cluster))
      #expect(larger.error.code == APIFailure.Kind.tooLarge.code)
      #expect(!larger.isTransient)
    }
  }
}
