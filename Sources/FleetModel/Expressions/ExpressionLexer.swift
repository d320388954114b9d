import Manifests

struct ExpressionToken {
  enum Content: Hashable {
    case name(String)
    case literal(Value)
    case symbol(String)
    case end
  }

  var content: Content
  /// Counted from 1, in characters.
  var column: Int
}

/// Cuts an expression into tokens.
struct ExpressionLexer {
  private let characters: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) { characters = Array(text.unicodeScalars) }

  static func tokens(of text: String) throws(ExpressionError) -> [ExpressionToken] {
    var lexer = ExpressionLexer(text)
    var tokens: [ExpressionToken] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.content != .end
    return tokens
  }

  private var current: Unicode.Scalar? { position < characters.count ? characters[position] : nil }

  private mutating func take(while belongs: (Unicode.Scalar) -> Bool) -> String {
    var text = String.UnicodeScalarView()
    while let character = current, belongs(character) {
      text.append(character)
      position += 1
    }
    return String(text)
  }

  private mutating func next() throws(ExpressionError) -> ExpressionToken {
    _ = take { " \t\r\n".unicodeScalars.contains($0) }
    let column = position + 1
    return ExpressionToken(content: try content(), column: column)
  }

  private mutating func content() throws(ExpressionError) -> ExpressionToken.Content {
    guard let first = current else { return .end }
    if first.isNameStart { return word(take { $0.isNameStart || $0.isDecimalDigit }) }
    if first.isDecimalDigit { return .literal(try number()) }
    if first == "'" || first == "\"" { return .literal(.string(try text(until: first))) }
    return .symbol(try symbol())
  }

  private func word(_ name: String) -> ExpressionToken.Content {
    switch name {
    case "true": .literal(true)
    case "false": .literal(false)
    case "null": .literal(.null)
    case "in": .symbol("in")
    default: .name(name)
    }
  }

  private mutating func number() throws(ExpressionError) -> Value {
    let column = position + 1
    var text = take { $0.isDecimalDigit }
    if current == ".", position + 1 < characters.count, characters[position + 1].isDecimalDigit {
      position += 1
      text += "." + take { $0.isDecimalDigit }
    }
    if let character = current, character.isNameStart {
      throw ExpressionError(message: "a number is followed by \(character)", column: position + 1)
    }
    if let whole = Int64(text) { return .integer(whole) }
    if text.contains("."), let number = Double(text), number.isFinite { return .number(number) }
    throw ExpressionError(message: "a number that is too large", column: column)
  }

  private mutating func text(until quote: Unicode.Scalar) throws(ExpressionError) -> String {
    let column = position + 1
    position += 1
    var text = String.UnicodeScalarView()
    while let character = current {
      position += 1
      if character == quote { return String(text) }
      text.append(character == "\\" ? try escaped() : character)
    }
    throw ExpressionError(message: "a text without its closing \(quote)", column: column)
  }

  private mutating func escaped() throws(ExpressionError) -> Unicode.Scalar {
    let column = position
    let escapes: [Unicode.Scalar: Unicode.Scalar] = [
      "\\": "\\", "'": "'", "\"": "\"", "n": "\n", "t": "\t", "r": "\r",
    ]
    guard let character = current, let meant = escapes[character] else {
      throw ExpressionError(message: "an escape other than \\\\ \\' \\\" \\n \\t \\r", column: column)
    }
    position += 1
    return meant
  }

  private mutating func symbol() throws(ExpressionError) -> String {
    let column = position + 1
    let rest = characters[position...].prefix(2).map(String.init).joined()
    if ["==", "!=", "<=", ">=", "&&", "||"].contains(rest) {
      position += 2
      return rest
    }
    let one = rest.unicodeScalars.first.map(String.init) ?? ""
    position += 1
    if ["(", ")", "[", "]", ".", ",", "<", ">", "!", "-"].contains(one) { return one }
    if ["+", "*", "/", "%", "?", ":", "{", "}"].contains(one) {
      throw ExpressionError(message: "\(one) is not supported", column: column)
    }
    throw ExpressionError(message: "\(one) is no part of an expression", column: column)
  }
}

extension Unicode.Scalar {
  fileprivate var isNameStart: Bool {
    ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_"
  }
  fileprivate var isDecimalDigit: Bool { ("0"..."9").contains(self) }
}
