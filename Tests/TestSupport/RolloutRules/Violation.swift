/// A rule of Docs/rollouts.md that a run broke.
struct Violation: Error, CustomStringConvertible {
  var rule: String
  var details: String
  init(_ rule: String, _ details: String = "") {
    self.rule = rule
    self.details = details
  }
  var description: String { details.isEmpty ? rule : "\(rule): \(details)" }
}

/// Throws unless a rule holds.
func hold(_ condition: Bool, _ rule: String, _ details: @autoclosure () -> String = "") throws {
  if !condition { throw Violation(rule, details()) }
}
