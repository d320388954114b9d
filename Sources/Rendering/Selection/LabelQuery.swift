import Manifests

/// A selector in Kubernetes' text form: `app=web,tier in (a, b),!legacy,size>3`.
///
/// Source: `k8s.io/apimachinery/pkg/labels`.
struct LabelQuery: Sendable {
  private enum Condition: Sendable {
    case exists
    case missing
    case among(Set<String>)
    case notAmong(Set<String>)
    case greater(Int64)
    case less(Int64)
  }

  private var requirements: [(key: String, condition: Condition)] = []

  /// Why a text is no selector.
  struct SyntaxError: Error {
    var reason: String
  }

  /// An empty text selects everything.
  init(_ text: String) throws(SyntaxError) {
    var tokens = LabelQueryTokens(text)
    guard tokens.peek() != .end else { return }
    while true {
      requirements.append(try LabelQuery.requirement(&tokens))
      switch tokens.next() {
      case .end: return
      case .comma:
        if tokens.peek() == .end { return }
      case let token: throw SyntaxError(reason: "\(token) where a comma should stand")
      }
    }
  }

  /// Whether these labels (or annotations) meet every requirement.
  func matches(_ entries: [YAMLTree.Entry]) -> Bool {
    requirements.allSatisfy { key, condition in
      let value = entries[key].map(\.text)
      return LabelQuery.holds(condition, value)
    }
  }

  private static func holds(_ condition: Condition, _ value: String?) -> Bool {
    switch condition {
    case .exists: return value != nil
    case .missing: return value == nil
    case .among(let values): return value.map(values.contains) ?? false
    case .notAmong(let values): return value.map { !values.contains($0) } ?? true
    case .greater(let bound): return value.flatMap { Int64($0) }.map { $0 > bound } ?? false
    case .less(let bound): return value.flatMap { Int64($0) }.map { $0 < bound } ?? false
    }
  }
}

extension LabelQuery {
  private static func requirement(
    _ tokens: inout LabelQueryTokens
  ) throws(SyntaxError) -> (key: String, condition: Condition) {
    if tokens.peek() == .exclamation {
      _ = tokens.next()
      return (try key(&tokens), .missing)
    }
    let key = try key(&tokens)
    switch tokens.peek() {
    case .end, .comma: return (key, .exists)
    case .equals:
      _ = tokens.next()
      return (key, .among([try value(&tokens)]))
    case .notEquals:
      _ = tokens.next()
      return (key, .notAmong([try value(&tokens)]))
    case .greater:
      _ = tokens.next()
      return (key, .greater(try number(&tokens)))
    case .less:
      _ = tokens.next()
      return (key, .less(try number(&tokens)))
    case .word("in"):
      _ = tokens.next()
      return (key, .among(try values(&tokens)))
    case .word("notin"):
      _ = tokens.next()
      return (key, .notAmong(try values(&tokens)))
    case let token: throw SyntaxError(reason: "\(token) after the key \(key)")
    }
  }

  private static func key(_ tokens: inout LabelQueryTokens) throws(SyntaxError) -> String {
    guard case .word(let key) = tokens.next() else { throw SyntaxError(reason: "no key where one should stand") }
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.last ?? ""
    guard parts.count <= 2, !name.isEmpty, isPart(name), parts.count == 1 || isPrefix(parts[0]) else {
      throw SyntaxError(reason: "\(key) is not a key of labels: [prefix/]name")
    }
    return key
  }

  /// A value; nothing at all is the empty one.
  private static func value(_ tokens: inout LabelQueryTokens) throws(SyntaxError) -> String {
    switch tokens.peek() {
    case .end, .comma: return ""
    case .word(let text):
      _ = tokens.next()
      guard isPart(text[...]) else { throw SyntaxError(reason: "\(text) is not a value of labels") }
      return text
    case let token: throw SyntaxError(reason: "\(token) where a value should stand")
    }
  }

  private static func number(_ tokens: inout LabelQueryTokens) throws(SyntaxError) -> Int64 {
    let text = try value(&tokens)
    guard let number = Int64(text) else { throw SyntaxError(reason: "\(text) is not an integer") }
    return number
  }

  private static func values(_ tokens: inout LabelQueryTokens) throws(SyntaxError) -> Set<String> {
    guard tokens.next() == .open else { throw SyntaxError(reason: "no ( where one should stand") }
    var values: Set<String> = []
    while true {
      switch tokens.next() {
      case .close:
        values.insert("")
        return values
      case .comma: values.insert("")
      case .word(let text):
        guard isPart(text[...]) else { throw SyntaxError(reason: "\(text) is not a value of labels") }
        values.insert(text)
        switch tokens.next() {
        case .close: return values
        case .comma: if tokens.peek() == .close { continue }
        case let token: throw SyntaxError(reason: "\(token) in a list of values")
        }
      case let token: throw SyntaxError(reason: "\(token) in a list of values")
      }
    }
  }

  /// Letters, digits, `-`, `_` and `.`, at the ends a letter or digit, at most 63.
  private static func isPart(_ text: Substring) -> Bool {
    let bytes = text.utf8
    func isPlain(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
    guard let first = bytes.first, let last = bytes.last else { return true }
    return bytes.count <= 63 && isPlain(first) && isPlain(last)
      && bytes.allSatisfy { isPlain($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
  }

  private static func isPrefix(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 253
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part.utf8.first != 0x2d && part.utf8.last != 0x2d
          && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d }
      }
  }
}

/// The words and signs of a selector.
struct LabelQueryTokens {
  enum Token: Hashable {
    case word(String)
    case comma, exclamation, equals, notEquals, greater, less, open, close, end
  }

  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  func peek() -> Token {
    var copy = self
    return copy.next()
  }

  mutating func next() -> Token {
    rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
    guard let first = rest.first else { return .end }
    switch first {
    case ",": return sign(.comma)
    case "(": return sign(.open)
    case ")": return sign(.close)
    case ">": return sign(.greater)
    case "<": return sign(.less)
    case "=":
      rest.removeFirst()
      if rest.first == "=" { rest.removeFirst() }
      return .equals
    case "!":
      rest.removeFirst()
      guard rest.first == "=" else { return .exclamation }
      return sign(.notEquals)
    default:
      let word = rest.prefix { !LabelQueryTokens.ends.contains($0) }
      rest = rest.dropFirst(word.count)
      return .word(String(word))
    }
  }

  private static let ends: Set<Character> = [",", "(", ")", ">", "<", "=", "!", " ", "\t", "\n", "\r", "\r\n"]

  private mutating func sign(_ token: Token) -> Token {
    rest.removeFirst()
    return token
  }
}
