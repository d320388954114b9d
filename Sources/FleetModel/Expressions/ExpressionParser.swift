import Manifests

/// Reads tokens into a tree, and refuses what cannot be a condition whatever the object.
struct ExpressionParser {
  private let tokens: [ExpressionToken]
  private var position = 0
  private var depth = 0
  /// Names that an `exists` or `all` around this place binds.
  private var bound: [String] = []

  init(_ text: String) throws(ExpressionError) {
    guard text.utf8.count <= FormatLimits.expressionBytes else {
      throw ExpressionError(
        message: "more than \(FormatLimits.expressionBytes) bytes", column: FormatLimits.expressionBytes)
    }
    tokens = try ExpressionLexer.tokens(of: text)
  }

  mutating func parse() throws(ExpressionError) -> ExpressionNode {
    let node = try condition("the expression")
    guard current.content == .end else { throw unexpected("an operator or the end") }
    return node
  }

  // MARK: Tokens

  private var current: ExpressionToken { tokens[min(position, tokens.count - 1)] }

  private mutating func take(_ symbol: String) -> Bool {
    guard current.content == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: String) throws(ExpressionError) {
    guard take(symbol) else { throw unexpected(symbol) }
  }

  private mutating func name(_ what: String) throws(ExpressionError) -> String {
    guard case .name(let name) = current.content else { throw unexpected(what) }
    position += 1
    return name
  }

  private func unexpected(_ wanted: String) -> ExpressionError {
    let found =
      switch current.content {
      case .name(let name): name
      case .literal(let value): "a \(value.kindName)"
      case .symbol(let symbol): symbol
      case .end: "the end"
      }
    return ExpressionError(message: "expected \(wanted), found \(found)", column: current.column)
  }

  // MARK: Operators, the weakest first

  /// A part that has to be a boolean.
  private mutating func condition(_ what: String) throws(ExpressionError) -> ExpressionNode {
    let column = current.column
    let node = try disjunction()
    return try checked(node, .boolean, what, column)
  }

  private func checked(
    _ node: ExpressionNode, _ kind: ExpressionNode.Kind, _ what: String, _ column: Int
  ) throws(ExpressionError) -> ExpressionNode {
    guard node.kind.canBe(kind) else {
      throw ExpressionError(message: "\(what) is a \(node.kind.rawValue), not a \(kind.rawValue)", column: column)
    }
    return node
  }

  private mutating func disjunction() throws(ExpressionError) -> ExpressionNode {
    let column = current.column
    var parts = [try conjunction()]
    guard current.content == .symbol("||") else { return parts[0] }
    _ = try checked(parts[0], .boolean, "what stands before ||", column)
    while take("||") {
      let column = current.column
      parts.append(try checked(conjunction(), .boolean, "what stands after ||", column))
    }
    return .some(parts)
  }

  private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
    let column = current.column
    var parts = [try relation()]
    guard current.content == .symbol("&&") else { return parts[0] }
    _ = try checked(parts[0], .boolean, "what stands before &&", column)
    while take("&&") {
      let column = current.column
      parts.append(try checked(relation(), .boolean, "what stands after &&", column))
    }
    return .every(parts)
  }

  private mutating func relation() throws(ExpressionError) -> ExpressionNode {
    let left = try unary()
    guard case .symbol(let symbol) = current.content else { return left }
    let column = current.column
    if take("in") {
      let right = try unary()
      guard right.kind.canBe(.list) || right.kind.canBe(.map) else {
        throw ExpressionError(message: "what stands after in is no list and no map", column: column)
      }
      return try unchained(.member(left, of: right))
    }
    guard let comparison = ExpressionNode.Comparison(rawValue: symbol) else { return left }
    position += 1
    let right = try unary()
    try check(comparison, left, right, column)
    return try unchained(.comparison(comparison, left, right))
  }

  /// `a < b < c` is read by people as what it is not.
  private func unchained(_ node: ExpressionNode) throws(ExpressionError) -> ExpressionNode {
    guard case .symbol(let symbol) = current.content,
      symbol == "in" || ExpressionNode.Comparison(rawValue: symbol) != nil
    else { return node }
    throw ExpressionError(message: "a second comparison needs parentheses", column: current.column)
  }

  private func check(
    _ comparison: ExpressionNode.Comparison, _ left: ExpressionNode, _ right: ExpressionNode, _ column: Int
  ) throws(ExpressionError) {
    let (first, second) = (left.kind, right.kind)
    let isEquality = comparison == .equal || comparison == .unequal
    let isPossible = isEquality ? first.canBe(second) || first == .null || second == .null : first.canBe(second)
    let isOrdered = isEquality || [first, second].allSatisfy { [.any, .number, .text].contains($0) }
    guard isPossible && isOrdered else {
      throw ExpressionError(
        message: "a \(first.rawValue) and a \(second.rawValue) cannot be compared with \(comparison.rawValue)",
        column: column)
    }
  }

  private mutating func unary() throws(ExpressionError) -> ExpressionNode {
    try nested { (parser) throws(ExpressionError) in
      if parser.take("!") {
        let column = parser.current.column
        return .not(try parser.checked(parser.unary(), .boolean, "what stands after !", column))
      }
      if parser.take("-") { return try parser.negative() }
      return try parser.path()
    }
  }

  private mutating func negative() throws(ExpressionError) -> ExpressionNode {
    guard case .literal(let value) = current.content else { throw unexpected("a number") }
    switch value {
    case .integer(let number):
      position += 1
      return .literal(.integer(0 - number))  // never overflows: the lexer reads no negative number
    case .number(let number):
      position += 1
      return .literal(.number(-number))
    default: throw unexpected("a number")
    }
  }

  private mutating func nested(
    _ body: (inout ExpressionParser) throws(ExpressionError) -> ExpressionNode
  ) throws(ExpressionError) -> ExpressionNode {
    depth += 1
    guard depth <= ExpressionLimits.depth else {
      throw ExpressionError(message: "more than \(ExpressionLimits.depth) levels", column: current.column)
    }
    let node = try body(&self)
    depth -= 1
    return node
  }

  // MARK: Paths and calls

  private mutating func path() throws(ExpressionError) -> ExpressionNode {
    var node = try primary()
    var steps = 0
    while true {
      let column = current.column
      if take(".") {
        let field = try name("a field's name")
        node = current.content == .symbol("(") ? try method(field, of: node, column + 1) : .field(node, field)
      } else if take("[") {
        node = .index(node, try disjunction())
        try expect("]")
      } else {
        return node
      }
      steps += 1
      guard depth + steps <= ExpressionLimits.depth else {
        throw ExpressionError(message: "more than \(ExpressionLimits.depth) levels", column: column)
      }
    }
  }

  private mutating func primary() throws(ExpressionError) -> ExpressionNode {
    let token = current
    switch token.content {
    case .literal(let value):
      position += 1
      return .literal(value)
    case .name(let name):
      position += 1
      if current.content == .symbol("(") { return try function(name, token.column) }
      return bound.contains(name) ? .variable(name) : .root(name)
    case .symbol("("):
      position += 1
      let node = try disjunction()
      try expect(")")
      return node
    case .symbol("["):
      position += 1
      return .list(try elements())
    case .symbol, .end: throw unexpected("a value")
    }
  }

  private mutating func elements() throws(ExpressionError) -> [ExpressionNode] {
    var elements: [ExpressionNode] = []
    if take("]") { return elements }
    repeat { elements.append(try disjunction()) } while take(",")
    try expect("]")
    return elements
  }

  private mutating func function(_ name: String, _ column: Int) throws(ExpressionError) -> ExpressionNode {
    try expect("(")
    let argument = current.column
    switch name {
    case "has":
      guard case .field(let base, let field) = try disjunction() else {
        throw ExpressionError(message: "has() takes a field such as status.phase", column: argument)
      }
      try expect(")")
      return .has(base, field)
    case "size":
      let node = try disjunction()
      try expect(")")
      return try sized(node, argument)
    default:
      throw ExpressionError(
        message: "no such function: \(name); there are has(), size(), exists() and all()", column: column)
    }
  }

  private mutating func method(
    _ name: String, of node: ExpressionNode, _ column: Int
  ) throws(ExpressionError) -> ExpressionNode {
    try expect("(")
    if name == "size" {
      try expect(")")
      return try sized(node, column)
    }
    guard let quantifier = ExpressionNode.Quantifier(rawValue: name) else {
      throw ExpressionError(
        message: "no such function: \(name); there are has(), size(), exists() and all()", column: column)
    }
    guard node.kind.canBe(.list) || node.kind.canBe(.map) else {
      throw ExpressionError(message: "\(name) of what is no list and no map", column: column)
    }
    let variable = try self.name("a name for the element")
    try expect(",")
    bound.append(variable)
    let body = try condition("the condition of \(name)")
    bound.removeLast()
    try expect(")")
    return .quantified(quantifier, variable, over: node, body)
  }

  private func sized(_ node: ExpressionNode, _ column: Int) throws(ExpressionError) -> ExpressionNode {
    guard [.any, .text, .list, .map].contains(node.kind) else {
      throw ExpressionError(message: "a \(node.kind.rawValue) has no size", column: column)
    }
    return .size(node)
  }
}
