public import Manifests

/// A condition over one object, in the subset of CEL (Common Expression Language) that `Docs/reference/health.md`
/// describes: field access, comparison, `&& || !`, `in`, `has()`, `size()`, `exists()`, `all()`.
///
/// Compiled once; evaluating it takes a bounded number of steps, reads nothing but the object, and never traps.
public struct HealthExpression: Hashable, Sendable {
  /// As it was written.
  public let text: String
  let root: ExpressionNode

  /// What an expression says of an object.
  public enum Outcome: Hashable, Sendable {
    case holds
    case doesNotHold
    /// It asks for a field that the object does not have, such as a status nobody has written yet.
    case missing(field: String)
    /// It cannot be answered: values of the wrong kind, or too many steps.
    case failed(reason: String)
  }

  /// Compiles a text; the error names the column, counted from 1 in characters.
  public init(_ text: String) throws(FleetError) {
    do throws(ExpressionError) {
      var parser = try ExpressionParser(text)
      root = try parser.parse()
    } catch {
      throw FleetError(.invalidExpression, "\(error.message) at column \(error.column) of the expression")
    }
    self.text = text
  }

  /// Evaluates the expression for an object, whose top-level fields are its names.
  public func outcome(for object: Value) -> Outcome {
    var evaluation = ExpressionEvaluation(object: object)
    do throws(ExpressionEvaluation.Failure) {
      return try evaluation.truth(of: root) ? .holds : .doesNotHold
    } catch {
      switch error {
      case .missing(let field): return .missing(field: field)
      case .mistyped(let reason): return .failed(reason: reason)
      case .tooManySteps:
        return .failed(reason: "more than \(ExpressionLimits.steps) steps to evaluate")
      }
    }
  }
}

/// Bounds of expressions: an app's author must not be able to stop an agent.
enum ExpressionLimits {
  /// Of parentheses, calls, lists, `!` and paths within each other: each costs a stack frame.
  static let depth = 40
  /// Visits of parts; an `exists` over 1,000 elements of three parts each fits.
  static let steps = 20_000
}

struct ExpressionError: Error {
  var message: String
  /// Counted from 1, in characters (Unicode scalars).
  var column: Int
}

extension FleetError.Code {
  /// An expression of an app's health rules that cannot be read.
  public static let invalidExpression = FleetError.Code("invalid-expression")
}
