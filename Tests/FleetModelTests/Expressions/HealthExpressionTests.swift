import FleetModel
import Manifests
import Testing

@Suite("Health expressions, in a subset of CEL")
struct HealthExpressionTests {
  private let object: Value = [
    "kind": "Database", "metadata": ["labels": ["app.kubernetes.io/name": "db"], "name": "main"],
    "spec": ["replicas": 3, "share": 0.5],
    "status": [
      "phase": "Ready", "ready": true, "count": 3, "empty": nil,
      "conditions": [
        ["type": "Ready", "status": "True"], ["type": "Synced", "status": "False", "reason": "it's late"],
      ],
      "big": .unsigned(.max),
    ],
  ]

  private func outcome(_ text: String) throws -> HealthExpression.Outcome {
    try HealthExpression(text).outcome(for: object)
  }

  private func refusal(_ text: String) -> String {
    do throws(FleetError) {
      _ = try HealthExpression(text)
      return "accepted"
    } catch {
      return error.message
    }
  }

  @Test(
    "hold",
    arguments: [
      "true", "status.ready", "status.phase == 'Ready'", "status.phase == \"Ready\"", "status.phase != 'x'",
      "status.count == spec.replicas", "status.count >= 3 && status.count < 4", "spec.share < 1", "spec.share == 0.5",
      "status.count == 3.0", "!(status.phase == 'x')", "!!status.ready", "-1 < 0", "status.count > -2.5",
      "status.phase in ['Ready', 'Done']", "'app.kubernetes.io/name' in metadata.labels",
      "metadata.labels['app.kubernetes.io/name'] == 'db'", "status.conditions[0].type == 'Ready'",
      "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
      "status.conditions.all(c, has(c.status))", "size(status.conditions) == 2", "status.conditions.size() == 2",
      "size(status.phase) == 5", "has(status.phase)", "!has(status.nope)", "!has(nope.at.all)", "!has(status.empty)",
      "status.empty == null", "metadata.labels.exists(key, key == 'app.kubernetes.io/name')",
      "status.conditions.exists(c, c.reason == 'it\\'s late')", "status.big > 9223372036854775807",
      "'a' < 'b'", "[].all(x, false)", "!([].exists(x, true))", "status.phase == 'x' || status.ready && true",
      "status.phase == 1 || status.ready",
    ])
  func hold(text: String) throws {
    #expect(try outcome(text) == .holds)
  }

  @Test(
    "do not hold",
    arguments: [
      "false", "status.phase == 'ready'", "status.count == '3'", "status.phase in []", "!status.ready",
      "status.conditions.all(c, c.status == 'True')", "status.conditions.exists(c, c.type == 'Gone')",
      "status.ready && status.count > 3", "status.big < 1", "status.empty != null",
    ])
  func doNotHold(text: String) throws {
    #expect(try outcome(text) == .doesNotHold)
  }

  @Test("a field that is not there is said, unless another part decides")
  func missing() throws {
    #expect(try outcome("status.nope == 1") == .missing(field: "status.nope"))
    #expect(try outcome("nope.deeper.still == 1") == .missing(field: "nope"))
    #expect(try outcome("status.empty.phase == 1") == .missing(field: "status.empty.phase"))
    #expect(try outcome("metadata.labels['x'] == 'y'") == .missing(field: "metadata.labels['x']"))
    #expect(try outcome("status.conditions[2].type == 'x'") == .missing(field: "element 2"))
    #expect(try outcome("!(status.nope == 1)") == .missing(field: "status.nope"))
    #expect(try outcome("status.nope == 1 || status.ready") == .holds)
    #expect(try outcome("status.nope == 1 && !status.ready") == .doesNotHold)
    #expect(try outcome("status.conditions.exists(c, c.reason == 'x' || c.type == 'Ready')") == .holds)
    #expect(try outcome("status.conditions.all(c, c.reason == 'x')") == .doesNotHold)
  }

  @Test("values of the wrong kind are said in words")
  func mistyped() throws {
    let cases = [
      "status.phase": "status.phase is a text, not a boolean",
      "status.phase < 3": "a text and a number have no order",
      "status.count.deeper == 1": "there is no field deeper in a number",
      "size(status.count) == 1": "a number has no size",
      "1 in status.phase": "a text has no elements",
      "status.conditions['x'] == 1": "a list has no elements by text",
      "status.ready.exists(x, true)": "a boolean has no elements",
    ]
    for (text, reason) in cases {
      #expect(try outcome(text) == .failed(reason: reason), "\(text)")
    }
  }

  @Test("evaluating stops after a bounded number of steps")
  func steps() throws {
    let expression = try HealthExpression("l.all(a, l.all(b, l.all(c, c == b || c != b)))")
    let many: Value = ["l": .array((0..<100).map { .integer($0) })]
    #expect(expression.outcome(for: many) == .failed(reason: "more than 20000 steps to evaluate"))
  }

  @Test("errors of a text name its column")
  func refusals() {
    let cases = [
      "": "expected a value, found the end at column 1 of the expression",
      "status.phase = 'x'": "= is no part of an expression at column 14 of the expression",
      "status.phase == 'x": "a text without its closing ' at column 17 of the expression",
      "status.phase == 'x\\q'": "an escape other than \\\\ \\' \\\" \\n \\t \\r at column 19 of the expression",
      "status.": "expected a field's name, found the end at column 8 of the expression",
      "(true": "expected ), found the end at column 6 of the expression",
      "true true": "expected an operator or the end, found a boolean at column 6 of the expression",
      "a < b < c": "a second comparison needs parentheses at column 7 of the expression",
      "1 + 1 == 2": "+ is not supported at column 3 of the expression",
      "a ? b : c": "? is not supported at column 3 of the expression",
      "has(status)": "has() takes a field such as status.phase at column 5 of the expression",
      "lower(a)": "no such function: lower; there are has(), size(), exists() and all() at column 1 of the expression",
      "a.matches('x')":
        "no such function: matches; there are has(), size(), exists() and all() at column 3 of the expression",
      "'text'": "the expression is a text, not a boolean at column 1 of the expression",
      "a && 1": "what stands after && is a number, not a boolean at column 6 of the expression",
      "!3": "what stands after ! is a number, not a boolean at column 2 of the expression",
      "1 == 'x'": "a number and a text cannot be compared with == at column 3 of the expression",
      "true < false": "a boolean and a boolean cannot be compared with < at column 6 of the expression",
      "a in 'text'": "what stands after in is no list and no map at column 3 of the expression",
      "size(1) == 1": "a number has no size at column 6 of the expression",
      "a.exists(b)": "expected ,, found ) at column 11 of the expression",
      "99999999999999999999 == a": "a number that is too large at column 1 of the expression",
      "3x == a": "a number is followed by x at column 2 of the expression",
      "-a == 1": "expected a number, found a at column 2 of the expression",
    ]
    for (text, message) in cases { #expect(refusal(text) == message, "\(text)") }
  }

  @Test("length and depth are bounded")
  func bounds() {
    let deep = String(repeating: "(", count: 50) + "true" + String(repeating: ")", count: 50)
    #expect(refusal(deep) == "more than 40 levels at column 41 of the expression")
    #expect(refusal("a" + String(repeating: ".b", count: 50)).hasPrefix("more than 40 levels"))
    #expect(refusal(String(repeating: "!", count: 50) + "true").hasPrefix("more than 40 levels"))
    #expect(refusal(String(repeating: " ", count: 4097)).hasPrefix("more than 4096 bytes"))
    #expect(refusal(String(repeating: "true && ", count: 500) + "true") == "accepted")
  }
}
