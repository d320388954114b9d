/// How a text is written so that it is read as the same text again, by readers of YAML 1.1 too.
enum YAMLScalarStyle {
  case plain
  case singleQuoted
  case doubleQuoted
  case literal

  /// The style that go-yaml v2 chooses.
  init(of text: UnsafeBufferPointer<UInt8>, isSimpleKey: Bool) {
    let form = Form(text)
    if form.hasLineFeed {
      self = form.allowsBlock && !isSimpleKey ? .literal : .doubleQuoted
    } else if YAMLScalarStyle.readsAsOther(text) || isSimpleKey && (form.hasBreak || text.elementsEqual("<<".utf8)) {
      self = .doubleQuoted
    } else if form.allowsPlain {
      self = .plain
    } else {
      self = form.allowsSingleQuotes ? .singleQuoted : .doubleQuoted
    }
  }

  /// Whether a key can stand before its colon; others are written after `? `.
  static func isSimpleKey(_ key: String) -> Bool {
    var key = key
    return key.withUTF8 { text in text.count <= YAMLEmitter.Layout.longestSimpleKey && !Form(text).hasBreak }
  }

  /// Whether a text without quotes would be read as something else than this text.
  private static func readsAsOther(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if case .other = YAMLScalar.untagged(text, allowsTimestamp: true) {
      return isBooleanOfYAML11(text) || isBase60(text)
    }
    return true
  }

  private static func isBooleanOfYAML11(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count <= 3, let first = text.first else { return false }
    switch (first | 0x20, text.count) {
    case (UInt8(ascii: "y"), 1), (UInt8(ascii: "n"), 1): return true
    case (UInt8(ascii: "y"), 3): return isWord(text, "yes")
    case (UInt8(ascii: "n"), 2): return isWord(text, "no")
    case (UInt8(ascii: "o"), 2): return isWord(text, "on")
    case (UInt8(ascii: "o"), 3): return isWord(text, "off")
    default: return false
    }
  }

  /// Whether a text is this word in small letters, in capitals, or with a capital first.
  private static func isWord(_ text: UnsafeBufferPointer<UInt8>, _ word: String) -> Bool {
    guard zip(text, word.utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
    let capitals = text.map { $0 & 0x20 == 0 }
    return !capitals.dropFirst().contains(true) || !capitals.contains(false)
  }

  /// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
  private static func isBase60(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.contains(UInt8(ascii: ":")) else { return false }
    var rest = text[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
    guard let first = rest.first, Bytes.isDigit(first) else { return false }
    rest = rest.drop { Bytes.isDigit($0) || $0 == UInt8(ascii: "_") }
    var parts = 0
    while rest.first == UInt8(ascii: ":") {
      let digits = rest.dropFirst().prefix { Bytes.isDigit($0) }
      guard (1...2).contains(digits.count), digits.count == 1 || (0x30...0x35).contains(digits[digits.startIndex])
      else { return false }
      rest = rest.dropFirst(1 + digits.count)
      parts += 1
    }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst().drop { Bytes.isDigit($0) || $0 == UInt8(ascii: "_") }
    }
    return parts > 0 && rest.isEmpty
  }
}

extension YAMLScalarStyle {
  /// What the characters of a text allow, as libyaml's emitter sees them.
  struct Form {
    private(set) var hasLineFeed = false
    private(set) var hasBreak = false
    private var hasIndicator = false
    private var hasSpecial = false
    private var hasBlankEnds = false
    private var hasTrailingSpace = false
    private var hasSpaceAfterBreak = false
    private var hasSpaceBeforeBreak = false

    var allowsPlain: Bool { !hasBreak && !hasIndicator && !hasBlankEnds && allowsSingleQuotes }
    var allowsSingleQuotes: Bool { !hasSpaceAfterBreak && !hasSpaceBeforeBreak && !hasSpecial }
    var allowsBlock: Bool { !hasTrailingSpace && !hasSpaceBeforeBreak && !hasSpecial }

    init(_ text: UnsafeBufferPointer<UInt8>) {
      guard !text.isEmpty else { return }
      hasIndicator = Form.startsWithIndicator(text)
      var previous: Kind = .other
      var isAfterBlank = true
      for index in text.indices where text[index] & 0xc0 != 0x80 {
        let byte = text[index]
        let kind = Form.kind(text, index)
        note(kind, after: previous)
        if byte >= 0x7f || byte < 0x20, !YAMLCharacter.isPrintable(text, index) { hasSpecial = true }
        if byte == 0x0a { hasLineFeed = true }
        if index > 0, Form.isIndicator(text, index, isAfterBlank: isAfterBlank) { hasIndicator = true }
        if index == 0, kind != .other { hasBlankEnds = true }
        previous = kind
        isAfterBlank = kind != .other || byte == 0x09 || byte == 0
      }
      hasTrailingSpace = previous == .space
      if previous != .other { hasBlankEnds = true }
    }

    private enum Kind { case space, lineBreak, other }

    private static func kind(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Kind {
      if text[index] == 0x20 { return .space }
      return YAMLCharacter.isBreak(text, index) ? .lineBreak : .other
    }

    private mutating func note(_ kind: Kind, after previous: Kind) {
      switch (previous, kind) {
      case (_, .lineBreak):
        hasBreak = true
        if previous == .space { hasSpaceBeforeBreak = true }
      case (.lineBreak, .space): hasSpaceAfterBreak = true
      default: break
      }
    }

    private static func startsWithIndicator(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
      if text.starts(with: "---".utf8) || text.starts(with: "...".utf8) { return true }
      switch text[0] {
      case UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
        UInt8(ascii: "}"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
        UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
        UInt8(ascii: "`"):
        return true
      case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: "-"): return isFollowedByBlank(text, 0)
      default: return false
      }
    }

    private static func isIndicator(_ text: UnsafeBufferPointer<UInt8>, _ index: Int, isAfterBlank: Bool) -> Bool {
      switch text[index] {
      case UInt8(ascii: ":"): isFollowedByBlank(text, index)
      case UInt8(ascii: "#"): isAfterBlank
      default: false
      }
    }

    private static func isFollowedByBlank(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
      index + 1 >= text.count || text[index + 1] == 0x20 || text[index + 1] == 0x09
    }
  }
}
