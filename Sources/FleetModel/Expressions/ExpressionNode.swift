import Manifests

/// One part of a compiled expression.
indirect enum ExpressionNode: Hashable, Sendable {
  case literal(Value)
  /// A name that `exists` or `all` binds.
  case variable(String)
  /// A field of the object itself, such as `status`.
  case root(String)
  case field(ExpressionNode, String)
  case index(ExpressionNode, ExpressionNode)
  case has(ExpressionNode, String)
  case not(ExpressionNode)
  case every([ExpressionNode])
  case some([ExpressionNode])
  case comparison(Comparison, ExpressionNode, ExpressionNode)
  case member(ExpressionNode, of: ExpressionNode)
  case size(ExpressionNode)
  case list([ExpressionNode])
  case quantified(Quantifier, String, over: ExpressionNode, ExpressionNode)

  enum Comparison: String, Hashable, Sendable {
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  enum Quantifier: String, Hashable, Sendable {
    case exists
    case all
  }
}

extension ExpressionNode {
  /// What is known of a value before there is an object.
  enum Kind: String, Hashable, Sendable {
    case boolean, number, text, list, null, map
    /// It depends on the object.
    case any

    func canBe(_ other: Kind) -> Bool { self == .any || other == .any || self == other }
  }

  var kind: Kind {
    switch self {
    case .literal(let value): value.expressionKind
    case .variable, .root, .field, .index: .any
    case .has, .not, .every, .some, .comparison, .member, .quantified: .boolean
    case .size: .number
    case .list: .list
    }
  }
}

extension Value {
  var expressionKind: ExpressionNode.Kind {
    switch self {
    case .null: .null
    case .bool: .boolean
    case .integer, .unsigned, .number: .number
    case .string: .text
    case .array: .list
    case .object: .map
    }
  }
}
