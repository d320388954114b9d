/// Reads RE2's syntax.
struct RegularExpressionParser {
  private typealias Node = RegularExpression.Node
  private typealias SyntaxError = RegularExpression.SyntaxError

  /// What `(?…)` switches.
  private struct Flags {
    var ignoresCase = false
    var dotMatchesNewline = false
    var isMultiline = false
  }

  private var rest: Substring.UnicodeScalarView
  private var flags = Flags()
  private var depth = 0

  init(_ pattern: String) { rest = Substring(pattern).unicodeScalars }

  mutating func parse() throws(RegularExpression.SyntaxError) -> RegularExpression.Node {
    let node = try either()
    guard rest.isEmpty else { throw SyntaxError(reason: "a ) without its (") }
    return node
  }

  private mutating func either() throws(SyntaxError) -> Node {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  private mutating func sequence() throws(SyntaxError) -> Node {
    var nodes: [Node] = []
    while let next = rest.first, next != "|", next != ")" {
      guard let node = try atom() else { continue }
      nodes.append(try repeated(node))
    }
    return .sequence(nodes)
  }

  /// One thing that can be repeated; nil for what only switches flags.
  private mutating func atom() throws(SyntaxError) -> Node? {
    let scalar = rest.removeFirst()
    switch scalar {
    case "(": return try group()
    case "[": return .character(try characterClass())
    case "\\": return try escape()
    case ".":
      let newline = CharacterClass(ranges: flags.dotMatchesNewline ? [] : [0x0a...0x0a], isNegated: true)
      return .character(newline)
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    case "*", "+", "?": throw SyntaxError(reason: "nothing in front of \(scalar) to repeat")
    default: return .character(cased(CharacterClass(ranges: [scalar.value...scalar.value])))
    }
  }

  private func cased(_ characters: CharacterClass) -> CharacterClass {
    flags.ignoresCase ? characters.ignoringCase : characters
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }
}

extension RegularExpressionParser {
  private mutating func repeated(_ node: Node) throws(SyntaxError) -> Node {
    guard let (least, most) = try bounds() else { return node }
    _ = take("?")  // fewest first or most first: both match the same texts
    if let next = rest.first, next == "*" || next == "+" || next == "?" {
      throw SyntaxError(reason: "a repetition of a repetition")
    }
    return .repetition(node, least, most)
  }

  private mutating func bounds() throws(SyntaxError) -> (Int, Int?)? {
    switch rest.first {
    case "*": rest.removeFirst(); return (0, nil)
    case "+": rest.removeFirst(); return (1, nil)
    case "?": rest.removeFirst(); return (0, 1)
    case "{": return try countedBounds()
    default: return nil
    }
  }

  /// `{n}`, `{n,}` or `{n,m}`; a brace that is none of them stands for itself.
  private mutating func countedBounds() throws(SyntaxError) -> (Int, Int?)? {
    let start = rest
    rest.removeFirst()
    guard let least = number() else { rest = start; return nil }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}") else { rest = start; return nil }
    guard least <= RegularExpression.Limits.repetitions, (most ?? 0) <= RegularExpression.Limits.repetitions,
      most.map({ $0 >= least }) ?? true
    else { throw SyntaxError(reason: "a repetition count that is out of range") }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let next = rest.first, ("0"..."9").contains(next), digits.count < 6 {
      digits.unicodeScalars.append(next)
      rest.removeFirst()
    }
    return Int(digits)
  }

  private mutating func group() throws(SyntaxError) -> Node? {
    let outer = flags
    if take("?") {
      if take("P") || rest.first == "<" {
        guard take("<"), skip(to: ">") else { throw SyntaxError(reason: "a group name without its end") }
      } else if try !flagsAreForGroup() {
        return nil
      }
    }
    depth += 1
    guard depth <= RegularExpression.Limits.depth else { throw SyntaxError(reason: "groups nested too deep") }
    let node = try either()
    depth -= 1
    guard take(")") else { throw SyntaxError(reason: "a ( without its )") }
    flags = outer
    return node
  }

  private mutating func skip(to end: Unicode.Scalar) -> Bool {
    while let next = rest.popFirst() {
      if next == end { return true }
    }
    return false
  }

  /// Reads `flags:` of a group, or `flags)`, which switches them for what follows.
  private mutating func flagsAreForGroup() throws(SyntaxError) -> Bool {
    var value = true
    while let next = rest.popFirst() {
      switch next {
      case "i": flags.ignoresCase = value
      case "s": flags.dotMatchesNewline = value
      case "m": flags.isMultiline = value
      case "U": break
      case "-": value = false
      case ":": return true
      case ")": return false
      default: throw SyntaxError(reason: "(?\(next) is not supported")
      }
    }
    throw SyntaxError(reason: "a ( without its )")
  }
}

extension RegularExpressionParser {
  private mutating func escape() throws(SyntaxError) -> Node {
    guard let scalar = rest.popFirst() else { throw SyntaxError(reason: "a backslash at the end") }
    switch scalar {
    case "b": return .assertion(.wordBoundary)
    case "B": return .assertion(.noWordBoundary)
    case "A": return .assertion(.textStart)
    case "z": return .assertion(.textEnd)
    case "Q": return quoted()
    default:
      if let known = CharacterClass.named(scalar) { return .character(known) }
      let value = try literal(scalar)
      return .character(cased(CharacterClass(ranges: [value...value])))
    }
  }

  /// Everything up to `\E`, each character for itself.
  private mutating func quoted() -> Node {
    var nodes: [Node] = []
    while let next = rest.popFirst() {
      if next == "\\", rest.first == "E" {
        rest.removeFirst()
        break
      }
      nodes.append(.character(cased(CharacterClass(ranges: [next.value...next.value]))))
    }
    return .sequence(nodes)
  }

  /// The character that an escape stands for.
  private mutating func literal(_ scalar: Unicode.Scalar) throws(SyntaxError) -> UInt32 {
    switch scalar {
    case "a": return 0x07
    case "f": return 0x0c
    case "n": return 0x0a
    case "r": return 0x0d
    case "t": return 0x09
    case "v": return 0x0b
    case "x": return try hexadecimal()
    case "p", "P": throw SyntaxError(reason: "\\\(scalar) is not supported")
    default:
      let isPunctuation = scalar.isASCII && !CharacterClass.word.contains(scalar) || scalar == "_"
      guard isPunctuation else { throw SyntaxError(reason: "\\\(scalar) stands for nothing") }
      return scalar.value
    }
  }

  /// `\x7F` or `\x{10FFFF}`.
  private mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
    var digits = ""
    if take("{") {
      while let next = rest.popFirst(), next != "}" { digits.unicodeScalars.append(next) }
    } else {
      while digits.count < 2, let next = rest.popFirst() { digits.unicodeScalars.append(next) }
    }
    guard (1...8).contains(digits.count), let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil else {
      throw SyntaxError(reason: "\\x without hexadecimal digits")
    }
    return value
  }

  /// What stands in brackets.
  private mutating func characterClass() throws(SyntaxError) -> CharacterClass {
    var result = CharacterClass()
    let isNegated = take("^")
    var isFirst = true
    while true {
      guard let next = rest.popFirst() else { throw SyntaxError(reason: "a [ without its ]") }
      if next == "]" && !isFirst { break }
      isFirst = false
      if next == "[", rest.first == ":" {
        result.ranges += try posixClass().ranges
      } else if next == "\\", let name = rest.first, let known = CharacterClass.named(name) {
        rest.removeFirst()
        result.ranges += known.isNegated ? known.complement.ranges : known.ranges
      } else {
        result.ranges.append(try range(from: next))
      }
    }
    result = cased(result)
    result.isNegated = isNegated
    return result
  }

  private mutating func range(from scalar: Unicode.Scalar) throws(SyntaxError) -> ClosedRange<UInt32> {
    let low = try classCharacter(scalar)
    guard rest.first == "-", rest.dropFirst().first != "]" else { return low...low }
    rest.removeFirst()
    guard let next = rest.popFirst() else { throw SyntaxError(reason: "a [ without its ]") }
    let high = try classCharacter(next)
    guard low <= high else { throw SyntaxError(reason: "a range whose end comes before its start") }
    return low...high
  }

  private mutating func classCharacter(_ scalar: Unicode.Scalar) throws(SyntaxError) -> UInt32 {
    guard scalar == "\\" else { return scalar.value }
    guard let escaped = rest.popFirst() else { throw SyntaxError(reason: "a backslash at the end") }
    return try literal(escaped)
  }

  private mutating func posixClass() throws(SyntaxError) -> CharacterClass {
    rest.removeFirst()
    var name = ""
    while let next = rest.popFirst(), next != ":" { name.unicodeScalars.append(next) }
    let isNegated = name.hasPrefix("^")
    guard take("]"), let known = CharacterClass.posix[isNegated ? String(name.dropFirst()) : name] else {
      throw SyntaxError(reason: "[:\(name):] is not known")
    }
    return isNegated ? CharacterClass(ranges: known.ranges, isNegated: true).complement : known
  }
}

extension CharacterClass {
  static let digit = CharacterClass(ranges: [0x30...0x39])
  static let word = CharacterClass(ranges: [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
  static let space = CharacterClass(ranges: [0x09...0x0a, 0x0c...0x0d, 0x20...0x20])

  /// The class that a letter after a backslash stands for.
  static func named(_ letter: Unicode.Scalar) -> CharacterClass? {
    switch letter {
    case "d": digit
    case "D": CharacterClass(ranges: digit.ranges, isNegated: true)
    case "w": word
    case "W": CharacterClass(ranges: word.ranges, isNegated: true)
    case "s": space
    case "S": CharacterClass(ranges: space.ranges, isNegated: true)
    default: nil
    }
  }

  static let posix: [String: CharacterClass] = [
    "alnum": CharacterClass(ranges: [0x30...0x39, 0x41...0x5a, 0x61...0x7a]),
    "alpha": CharacterClass(ranges: [0x41...0x5a, 0x61...0x7a]), "ascii": CharacterClass(ranges: [0...0x7f]),
    "blank": CharacterClass(ranges: [0x09...0x09, 0x20...0x20]),
    "cntrl": CharacterClass(ranges: [0...0x1f, 0x7f...0x7f]), "digit": digit,
    "graph": CharacterClass(ranges: [0x21...0x7e]), "lower": CharacterClass(ranges: [0x61...0x7a]),
    "print": CharacterClass(ranges: [0x20...0x7e]),
    "punct": CharacterClass(ranges: [0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e]),
    "space": CharacterClass(ranges: [0x09...0x0d, 0x20...0x20]), "upper": CharacterClass(ranges: [0x41...0x5a]),
    "word": word, "xdigit": CharacterClass(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66]),
  ]

  /// The characters that a negated class matches, as ranges.
  var complement: CharacterClass {
    guard isNegated else { return self }
    var result = CharacterClass()
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { result.ranges.append(next...range.lowerBound - 1) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10ffff { result.ranges.append(next...0x10ffff) }
    return result
  }
}
