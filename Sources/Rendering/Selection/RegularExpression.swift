import Manifests

/// A regular expression in the syntax of RE2, as Go's `regexp` and so kustomize's selectors take it.
///
/// Matching takes time in proportion to the text and the expression, whatever they are: both come from repositories.
/// Not supported are Unicode classes (`\p{…}`) and flags other than `i`, `s`, `m` and `U`; they are errors.
struct RegularExpression: Sendable {
  /// Bounds on expressions.
  enum Limits {
    /// Go's own bound on `{n,m}`.
    static let repetitions = 1000
    /// The instructions of a compiled expression: far more than any selector has, far less than would hurt.
    static let instructions = 20_000
    /// Groups within groups.
    static let depth = 200
  }

  private let program: Program

  /// - Throws: a description of what is wrong with the expression.
  init(_ pattern: String) throws(SyntaxError) {
    var parser = RegularExpressionParser(pattern)
    program = try Program(parser.parse())
  }

  /// Whether the expression matches anywhere in the text.
  func matches(_ text: String) -> Bool {
    var matcher = Matcher(program)
    return matcher.matches(Array(text.unicodeScalars))
  }

  /// Why a text is no regular expression.
  struct SyntaxError: Error {
    var reason: String
  }

  /// What an expression is made of.
  indirect enum Node: Sendable {
    case empty
    case character(CharacterClass)
    case assertion(Assertion)
    case sequence([Node])
    case either([Node])
    /// From the first to the second number of times; without a second any number.
    case repetition(Node, Int, Int?)
  }

  enum Assertion: Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }
}

/// The characters that one place of an expression matches.
struct CharacterClass: Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  var isNegated = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } != isNegated
  }

  /// The same with every ASCII letter in both cases.
  var ignoringCase: CharacterClass {
    var result = self
    for range in ranges {
      for letter in UInt32(0x41)...0x5a where range.contains(letter) { result.ranges.append(letter + 32...letter + 32) }
      for letter in UInt32(0x61)...0x7a where range.contains(letter) { result.ranges.append(letter - 32...letter - 32) }
    }
    return result
  }
}

/// The instructions of an expression, for a machine that follows all threads at once.
private struct Program: Sendable {
  enum Instruction: Sendable {
    case character(CharacterClass)
    case assertion(RegularExpression.Assertion)
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private(set) var instructions: [Instruction] = []

  init(_ node: RegularExpression.Node) throws(RegularExpression.SyntaxError) {
    try compile(node)
    instructions.append(.match)
  }

  private mutating func emit(_ instruction: Instruction) throws(RegularExpression.SyntaxError) {
    guard instructions.count < RegularExpression.Limits.instructions else {
      throw RegularExpression.SyntaxError(reason: "the expression is too large")
    }
    instructions.append(instruction)
  }

  private mutating func compile(_ node: RegularExpression.Node) throws(RegularExpression.SyntaxError) {
    switch node {
    case .empty: break
    case .character(let characters): try emit(.character(characters))
    case .assertion(let assertion): try emit(.assertion(assertion))
    case .sequence(let nodes): for node in nodes { try compile(node) }
    case .either(let nodes): try compile(either: nodes[...])
    case .repetition(let node, let least, let most): try compile(node, least, most)
    }
  }

  private mutating func compile(
    either nodes: ArraySlice<RegularExpression.Node>
  ) throws(RegularExpression.SyntaxError) {
    guard let first = nodes.first else { return }
    guard nodes.count > 1 else { return try compile(first) }
    let split = instructions.count
    try emit(.split(split + 1, 0))
    try compile(first)
    let jump = instructions.count
    try emit(.jump(0))
    instructions[split] = .split(split + 1, instructions.count)
    try compile(either: nodes.dropFirst())
    instructions[jump] = .jump(instructions.count)
  }

  private mutating func compile(
    _ node: RegularExpression.Node, _ least: Int, _ most: Int?
  ) throws(RegularExpression.SyntaxError) {
    for _ in 0..<least { try compile(node) }
    guard let most else {
      let split = instructions.count
      try emit(.split(split + 1, 0))
      try compile(node)
      try emit(.jump(split))
      instructions[split] = .split(split + 1, instructions.count)
      return
    }
    for _ in least..<max(least, most) {
      let split = instructions.count
      try emit(.split(split + 1, 0))
      try compile(node)
      instructions[split] = .split(split + 1, instructions.count)
    }
  }
}

/// Follows all threads of a program through a text at once.
private struct Matcher {
  private let program: Program
  private var threads: [Int] = []
  private var isThere: [Bool]

  init(_ program: Program) {
    self.program = program
    isThere = Array(repeating: false, count: program.instructions.count)
  }

  mutating func matches(_ text: [Unicode.Scalar]) -> Bool {
    for position in 0...text.count {
      // A match may start anywhere.
      if add(0, at: position, in: text) { return true }
      guard position < text.count else { return false }
      if step(over: text[position], at: position, in: text) { return true }
    }
    return false
  }

  private mutating func step(over scalar: Unicode.Scalar, at position: Int, in text: [Unicode.Scalar]) -> Bool {
    let current = threads
    threads = []
    for index in isThere.indices { isThere[index] = false }
    for thread in current {
      guard case .character(let characters) = program.instructions[thread], characters.contains(scalar) else {
        continue
      }
      if add(thread + 1, at: position + 1, in: text) { return true }
    }
    return false
  }

  /// Follows a thread to the characters that it waits for; true when it ends in a match.
  private mutating func add(_ start: Int, at position: Int, in text: [Unicode.Scalar]) -> Bool {
    var waiting = [start]
    while let thread = waiting.popLast() {
      if isThere[thread] { continue }
      isThere[thread] = true
      switch program.instructions[thread] {
      case .match: return true
      case .jump(let target): waiting.append(target)
      case .split(let first, let second): waiting += [second, first]
      case .assertion(let assertion):
        if Matcher.holds(assertion, at: position, in: text) { waiting.append(thread + 1) }
      case .character: threads.append(thread)
      }
    }
    return false
  }

  private static func holds(
    _ assertion: RegularExpression.Assertion, at position: Int, in text: [Unicode.Scalar]
  ) -> Bool {
    switch assertion {
    case .textStart: return position == 0
    case .textEnd: return position == text.count
    case .lineStart: return position == 0 || text[position - 1] == "\n"
    case .lineEnd: return position == text.count || text[position] == "\n"
    case .wordBoundary: return isBoundary(position, in: text)
    case .noWordBoundary: return !isBoundary(position, in: text)
    }
  }

  private static func isBoundary(_ position: Int, in text: [Unicode.Scalar]) -> Bool {
    let before = position > 0 && CharacterClass.word.contains(text[position - 1])
    let after = position < text.count && CharacterClass.word.contains(text[position])
    return before != after
  }
}
