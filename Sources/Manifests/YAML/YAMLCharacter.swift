/// Classes of characters as libyaml's emitter has them, in UTF-8.
///
/// Indices are those of a character's first byte; the bytes after it are there, since a Swift text is well-formed.
enum YAMLCharacter {
  /// How many bytes the character has that starts with this one.
  static func width(_ first: UInt8) -> Int {
    switch first {
    case 0..<0x80: 1
    case 0xc0..<0xe0: 2
    case 0xe0..<0xf0: 3
    default: 4
    }
  }

  /// Carriage return, line feed, next line, and the separators of lines and paragraphs.
  @inline(__always)
  static func isBreak(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    switch text[index] {
    case 0x0a, 0x0d: true
    case 0xc2: index + 1 < text.count && text[index + 1] == 0x85
    case 0xe2:
      index + 2 < text.count && text[index + 1] == 0x80 && (text[index + 2] == 0xa8 || text[index + 2] == 0xa9)
    default: false
    }
  }

  /// What YAML 1.1 lets stand as it is; characters beyond the basic plane, which it allows too, libyaml escapes.
  @inline(__always)
  static func isPrintable(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    let byte = text[index]
    if byte < 0x80 { return (0x20...0x7e).contains(byte) || byte == 0x0a }
    guard index + 1 < text.count else { return false }
    let second = text[index + 1]
    switch byte {
    case 0xc2: return second >= 0xa0
    case 0xed: return second < 0xa0
    case 0xef:
      guard index + 2 < text.count else { return false }
      let third = text[index + 2]
      return !(second == 0xbb && third == 0xbf) && !(second == 0xbf && (third == 0xbe || third == 0xbf))
    default: return byte > 0xc2 && byte <= 0xee
    }
  }

  static func needsEscape(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    let byte = text[index]
    if byte & 0xc0 == 0x80 { return false }  // the rest of a character that was let stand
    return byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || isBreak(text, index) || !isPrintable(text, index)
  }

  /// How many line breaks the text ends with, counted up to two.
  static func trailingBreaks(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = text.count
    var count = 0
    while count < 2, end > 0 {
      var start = end - 1
      while start > 0, text[start] & 0xc0 == 0x80 { start -= 1 }
      guard isBreak(text, start) else { break }
      count += 1
      end = start
    }
    return count
  }

  /// The character at an index, and how many bytes it has.
  static func decode(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> (scalar: UInt32, width: Int) {
    let first = text[index]
    let width = min(width(first), text.count - index)
    guard width > 1 else { return (UInt32(first), 1) }
    let lead = UInt32(first) & (width == 2 ? 0x1f : width == 3 ? 0x0f : 0x07)
    let scalar = (1..<width).reduce(lead) { $0 << 6 | UInt32(text[index + $1] & 0x3f) }
    return (scalar, width)
  }

  /// The letter after the backslash; nil for a character that has none.
  static func shortEscape(_ scalar: UInt32) -> UInt8? {
    switch scalar {
    case 0x00: UInt8(ascii: "0")
    case 0x07: UInt8(ascii: "a")
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0a: UInt8(ascii: "n")
    case 0x0b: UInt8(ascii: "v")
    case 0x0c: UInt8(ascii: "f")
    case 0x0d: UInt8(ascii: "r")
    case 0x1b: UInt8(ascii: "e")
    case 0x22, 0x5c: UInt8(truncatingIfNeeded: scalar)
    case 0x85: UInt8(ascii: "N")
    case 0xa0: UInt8(ascii: "_")
    case 0x2028: UInt8(ascii: "L")
    case 0x2029: UInt8(ascii: "P")
    default: nil
    }
  }
}
