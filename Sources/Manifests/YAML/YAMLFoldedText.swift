/// What a folded block (`>`) says once go-yaml has written it and read it again.
///
/// kustomize does both before it prints, and go-yaml's writer doubles line breaks in front of lines that are indented
/// more than the others: `a`, a break and `  b` come back with two breaks. Texts without such lines stay what they are.
enum YAMLFoldedText {
  private static let lineFeed = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")

  static func rewritten(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(lineFeed), isWrittenAsBlock(bytes) else { return text }
    return String(decoding: read(written(bytes), chomping: chomping(of: bytes)), as: UTF8.self)
  }

  /// A text with space at the end of a line, or with characters that cannot be shown, stands in quotes instead.
  private static func isWrittenAsBlock(_ bytes: [UInt8]) -> Bool {
    if bytes.last == space { return false }
    if zip(bytes, bytes.dropFirst()).contains(where: { $0 == space && $1 == lineFeed }) { return false }
    return bytes.allSatisfy { $0 == lineFeed || $0 == UInt8(ascii: "\t") || $0 >= 0x20 && $0 != 0x7f }
  }

  private enum Chomping {
    case strip, clip, keep
  }

  private static func chomping(of bytes: [UInt8]) -> Chomping {
    guard bytes.last == lineFeed else { return .strip }
    return bytes.count == 1 || bytes[bytes.count - 2] == lineFeed ? .keep : .clip
  }

  /// The lines of the block, without their indentation.
  private static func written(_ bytes: [UInt8]) -> [[UInt8]] {
    // The writer looks at the start of the text where it should look at what follows the break.
    let startsBlank = bytes.first { $0 != lineFeed }.map(isBlank) ?? true
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    for byte in bytes {
      guard byte == lineFeed else {
        line.append(byte)
        continue
      }
      lines.append(line)
      if let first = line.first, !isBlank(first), !startsBlank { lines.append([]) }
      line = []
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == UInt8(ascii: "\t") }

  /// Folds the lines of a block, as YAML has it.
  private static func read(_ lines: [[UInt8]], chomping: Chomping) -> [UInt8] {
    var text: [UInt8] = []
    var breaks = 0
    var isAfterLine = false
    var wasBlank = false
    for line in lines {
      guard let first = line.first else {
        breaks += 1
        continue
      }
      if isAfterLine, !wasBlank, !isBlank(first) {
        if breaks == 0 { text.append(space) }
      } else if isAfterLine {
        text.append(lineFeed)
      }
      text += Array(repeating: lineFeed, count: breaks)
      text += line
      breaks = 0
      isAfterLine = true
      wasBlank = isBlank(first)
    }
    switch chomping {
    case .strip: break
    case .clip: if isAfterLine { text.append(lineFeed) }
    case .keep: text += Array(repeating: lineFeed, count: breaks + (isAfterLine ? 1 : 0))
    }
    return text
  }
}
