import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("Damaged health expressions")
struct DamagedExpressionsTests {
  private static let texts = [
    "status.phase == 'Ready' && status.count >= 3 || !(spec.share < 0.5)",
    "status.conditions.exists(c, c.type == \"Ready\" && c.status in ['True', \"x\\n\"])",
    "has(status.observed) ? status.observed == metadata.generation : -1 < size(spec.list)",
    "metadata.labels['app.kubernetes.io/name'] == 'db' && status.conditions[0].type != null",
  ]

  private let object: Value = [
    "metadata": ["labels": ["app.kubernetes.io/name": "db"], "generation": 4],
    "spec": ["replicas": 3, "share": 0.5, "list": [1, "a", nil]],
    "status": [
      "phase": "Ready", "count": 9_223_372_036_854_775_807, "conditions": [["type": "Ready", "status": "True"]],
    ],
  ]

  @Test("trap nothing, nor does the object that they are asked of")
  func damaged() throws {
    var random = Randomness("damaged expressions")
    var taken = 0
    for _ in 0..<4_000 {
      let text = Mutation.mutate(Array((Self.texts.randomElement(using: &random) ?? "").utf8), using: &random)
      let read = try? HealthExpression(String(decoding: text, as: UTF8.self))
      guard let expression = read else { continue }
      taken += 1
      _ = expression.outcome(for: object)
      _ = expression.outcome(for: .null)
    }
    #expect(taken > 40)
  }

  @Test(
    "that are nested or long beyond reason are refused", arguments: ["(", "!", "-", "[", "a.", "a && ", "f(", "x ? "])
  func deep(_ part: String) throws {
    let text = String(repeating: part, count: 200_000)
    #expect(throws: FleetError.self) { _ = try HealthExpression(text + "a") }
  }
}
