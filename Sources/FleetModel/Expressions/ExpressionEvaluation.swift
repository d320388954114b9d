import Manifests

/// One evaluation of an expression for one object.
struct ExpressionEvaluation {
  enum Failure: Error {
    /// A field, key or element that is not there, as a path.
    case missing(String)
    case mistyped(String)
    case tooManySteps
  }

  let object: Value
  private var bindings: [(name: String, value: Value)] = []
  private var steps = 0

  init(object: Value) { self.object = object }

  mutating func truth(of node: ExpressionNode) throws(Failure) -> Bool {
    let value = try evaluate(node)
    guard let truth = value.bool else {
      throw .mistyped("\(node.path ?? "a part") is a \(value.expressionKind.rawValue), not a boolean")
    }
    return truth
  }

  mutating func evaluate(_ node: ExpressionNode) throws(Failure) -> Value {
    steps += 1
    guard steps <= ExpressionLimits.steps else { throw .tooManySteps }
    switch node {
    case .literal(let value): return value
    case .variable(let name):
      guard let binding = bindings.last(where: { $0.name == name }) else { throw .missing(name) }
      return binding.value
    case .root(let name): return try field(name, of: object, node)
    case .field(let base, let name): return try field(name, of: evaluate(base), node)
    case .index(let base, let index): return try element(evaluate(index), of: evaluate(base), node)
    case .has(let base, let name): return .bool(try has(name, in: base))
    case .not(let part): return .bool(try !truth(of: part))
    case .every(let parts): return .bool(try !decides(parts, deciding: false))
    case .some(let parts): return .bool(try decides(parts, deciding: true))
    case .comparison(let comparison, let left, let right):
      return .bool(try compare(comparison, evaluate(left), evaluate(right)))
    case .member(let value, let container): return .bool(try isMember(evaluate(value), of: evaluate(container)))
    case .size(let part): return try size(of: evaluate(part))
    case .list(let elements):
      var values: [Value] = []
      for element in elements { values.append(try evaluate(element)) }
      return .array(values)
    case .quantified(let quantifier, let variable, let container, let body):
      return .bool(try quantified(quantifier, variable, over: evaluate(container), body))
    }
  }

  // MARK: Access

  private func field(_ name: String, of value: Value, _ node: ExpressionNode) throws(Failure) -> Value {
    if value.isNull { throw .missing(node.path ?? name) }
    guard case .object(let map) = value else {
      throw .mistyped("there is no field \(name) in a \(value.expressionKind.rawValue)")
    }
    guard let field = map[name] else { throw .missing(node.path ?? name) }
    return field
  }

  private func element(_ index: Value, of value: Value, _ node: ExpressionNode) throws(Failure) -> Value {
    switch (value, index) {
    case (.object, .string(let key)): return try field(key, of: value, node)
    case (.array(let elements), .integer(let index)):
      guard let position = Int(exactly: index), elements.indices.contains(position) else {
        throw .missing("element \(index)")
      }
      return elements[position]
    default:
      throw .mistyped(
        "a \(value.expressionKind.rawValue) has no elements by \(index.expressionKind.rawValue)")
    }
  }

  private mutating func has(_ name: String, in base: ExpressionNode) throws(Failure) -> Bool {
    do throws(Failure) {
      guard let found = try evaluate(base).object?[name] else { return false }
      return !found.isNull
    } catch {
      // A part of the path that is missing is what was asked for.
      if case .missing = error { return false }
      throw error
    }
  }

  // MARK: Conditions

  /// Whether any part has the deciding value. A part that cannot be answered does not matter when another decides
  /// (CEL's commutative `&&` and `||`).
  private mutating func decides(_ parts: [ExpressionNode], deciding: Bool) throws(Failure) -> Bool {
    var first: Failure?
    for part in parts {
      do throws(Failure) {
        if try truth(of: part) == deciding { return true }
      } catch {
        if case .tooManySteps = error { throw error }
        if first == nil { first = error }
      }
    }
    if let first { throw first }
    return false
  }

  private mutating func quantified(
    _ quantifier: ExpressionNode.Quantifier, _ variable: String, over container: Value, _ body: ExpressionNode
  ) throws(Failure) -> Bool {
    let deciding = quantifier == .exists
    var first: Failure?
    for element in try elements(of: container) {
      bindings.append((variable, element))
      do throws(Failure) {
        let truth = try truth(of: body)
        bindings.removeLast()
        if truth == deciding { return deciding }
      } catch {
        bindings.removeLast()
        if case .tooManySteps = error { throw error }
        if first == nil { first = error }
      }
    }
    if let first { throw first }
    return !deciding
  }

  /// The elements of a list, the keys of a map.
  private func elements(of container: Value) throws(Failure) -> [Value] {
    switch container {
    case .array(let elements): return elements
    case .object(let map): return map.keys.map(Value.string)
    default: throw .mistyped("a \(container.expressionKind.rawValue) has no elements")
    }
  }

  private mutating func isMember(_ value: Value, of container: Value) throws(Failure) -> Bool {
    for element in try elements(of: container) {
      steps += 1
      guard steps <= ExpressionLimits.steps else { throw .tooManySteps }
      if value.equals(element) { return true }
    }
    return false
  }

  private func size(of value: Value) throws(Failure) -> Value {
    switch value {
    case .string(let text): return .integer(Int64(text.unicodeScalars.count))
    case .array(let elements): return .integer(Int64(elements.count))
    case .object(let map): return .integer(Int64(map.count))
    default: throw .mistyped("a \(value.expressionKind.rawValue) has no size")
    }
  }

  private func compare(
    _ comparison: ExpressionNode.Comparison, _ left: Value, _ right: Value
  ) throws(Failure) -> Bool {
    switch comparison {
    case .equal: return left.equals(right)
    case .unequal: return !left.equals(right)
    case .less: return try left.precedes(right)
    case .greater: return try right.precedes(left)
    case .lessOrEqual: return try !right.precedes(left)
    case .greaterOrEqual: return try !left.precedes(right)
    }
  }
}

extension Value {
  /// Numbers by their value, whatever they are written as; everything else must be of one kind.
  fileprivate func equals(_ other: Value) -> Bool {
    if expressionKind == .number, other.expressionKind == .number, !isWhole || !other.isWhole {
      return approximate == other.approximate
    }
    return self == other
  }

  fileprivate func precedes(_ other: Value) throws(ExpressionEvaluation.Failure) -> Bool {
    switch (self, other) {
    case (.string(let first), .string(let second)): return first.precedesInBytes(second)
    case (.integer(let first), .integer(let second)): return first < second
    case (.unsigned(let first), .unsigned(let second)): return first < second
    // An unsigned one is larger than every signed one: that is why it is one.
    case (.integer, .unsigned): return true
    case (.unsigned, .integer): return false
    default: break
    }
    guard let first = approximate, let second = other.approximate else {
      throw .mistyped(
        "a \(expressionKind.rawValue) and a \(other.expressionKind.rawValue) have no order")
    }
    return first < second
  }

  private var isWhole: Bool {
    if case .number = self { false } else { true }
  }

  private var approximate: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}

extension ExpressionNode {
  /// The path it names, such as `status.phase`; nil for anything else.
  fileprivate var path: String? {
    switch self {
    case .root(let name), .variable(let name): name
    case .field(let base, let name): base.path.map { "\($0).\(name)" }
    case .index(let base, .literal(.string(let key))): base.path.map { "\($0)['\(key)']" }
    default: nil
    }
  }
}
