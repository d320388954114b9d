extension YAMLEmitter {
  mutating func write(_ text: String, isSimpleKey: Bool) {
    var text = text
    text.withUTF8 { content in
      let style = YAMLScalarStyle(of: content, isSimpleKey: isSimpleKey)
      withScalarIndent { $0.write(content, style, folds: !isSimpleKey) }
    }
  }

  private mutating func write(_ text: UnsafeBufferPointer<UInt8>, _ style: YAMLScalarStyle, folds: Bool) {
    switch style {
    case .plain: writePlain(text, folds: folds)
    case .singleQuoted: writeSingleQuoted(text, folds: folds)
    case .doubleQuoted: writeDoubleQuoted(text, folds: folds)
    case .literal: writeLiteral(text)
    }
  }

  private mutating func writePlain(_ text: UnsafeBufferPointer<UInt8>, folds: Bool) {
    startScalar()
    if !folds || column + text.count <= Layout.width {
      put(text)
    } else {
      writeFolding(text, folds: true) { $0.put($1[$2]) }
    }
    endScalar()
  }

  private mutating func writeSingleQuoted(_ text: UnsafeBufferPointer<UInt8>, folds: Bool) {
    writeIndicator("'", needsSpace: true)
    writeFolding(text, folds: folds) { emitter, text, index in
      if index >= 3, YAMLCharacter.isBreak(text, index - 3), !YAMLCharacter.isBreak(text, index) {
        emitter.writeIndent()
      }
      if text[index] == UInt8(ascii: "'") { emitter.put(UInt8(ascii: "'")) }
      emitter.put(text[index])
      // The separators of lines and paragraphs, three bytes each, are the only breaks that stand within such quotes.
      if index >= 2, YAMLCharacter.isBreak(text, index - 2) { emitter.startLine() } else { emitter.leaveIndention() }
    }
    writeIndicator("'", needsSpace: false)
    endScalar()
  }

  /// Writes a text and breaks the line at single spaces beyond the width.
  private mutating func writeFolding(
    _ text: UnsafeBufferPointer<UInt8>, folds: Bool,
    _ putByte: (inout YAMLEmitter, UnsafeBufferPointer<UInt8>, Int) -> Void
  ) {
    var isAfterSpace = false
    for index in text.indices {
      guard text[index] == 0x20 else {
        putByte(&self, text, index)
        isAfterSpace = false
        continue
      }
      let isInside = index > 0 && index + 1 < text.count
      if folds, !isAfterSpace, column > Layout.width, isInside, text[index + 1] != 0x20 {
        writeIndent()
        leaveIndention()
      } else {
        put(0x20)
      }
      isAfterSpace = true
    }
  }
}

extension YAMLEmitter {
  private mutating func writeLiteral(_ text: UnsafeBufferPointer<UInt8>) {
    writeIndicator("|", needsSpace: true)
    if text[0] == 0x20 || YAMLCharacter.isBreak(text, 0) { writeIndicator("2", needsSpace: false) }
    switch YAMLCharacter.trailingBreaks(text) {
    case 0: writeIndicator("-", needsSpace: false)
    case 1 where text.count > 1: break
    default: writeIndicator("+", needsSpace: false)
    }
    startBlock()
    var index = 0
    while index < text.count {
      if YAMLCharacter.isBreak(text, index) {
        index = writeBreak(text, index)
      } else {
        writeIndent()
        index = writeLine(text, from: index)
      }
    }
  }

  /// Writes up to the next line break; answers where that is.
  private mutating func writeLine(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var end = start
    while end < text.count, !YAMLCharacter.isBreak(text, end) { end += 1 }
    put(UnsafeBufferPointer(rebasing: text[start..<end]))
    leaveIndention()
    return end
  }

  private mutating func writeBreak(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    guard text[index] != 0x0a else {
      breakLine()
      startLine()
      return index + 1
    }
    let end = min(index + YAMLCharacter.width(text[index]), text.count)
    put(UnsafeBufferPointer(rebasing: text[index..<end]))
    startLine()
    return end
  }
}

extension YAMLEmitter {
  private mutating func writeDoubleQuoted(_ text: UnsafeBufferPointer<UInt8>, folds: Bool) {
    writeIndicator("\"", needsSpace: true)
    // go-yaml looks for a byte order mark at the start of the text only, and then escapes all of it.
    let escapesAll = text.starts(with: [0xef, 0xbb, 0xbf])
    var isAfterSpace = false
    var index = 0
    while index < text.count {
      let byte = text[index]
      if escapesAll || YAMLCharacter.needsEscape(text, index) {
        index += writeEscaped(text, index)
        isAfterSpace = false
      } else if byte == 0x20 {
        writeSpace(text, index, folds: folds && !isAfterSpace)
        isAfterSpace = true
        index += 1
      } else {
        put(byte)
        isAfterSpace = false
        index += 1
      }
    }
    writeIndicator("\"", needsSpace: false)
    endScalar()
  }

  private mutating func writeSpace(_ text: UnsafeBufferPointer<UInt8>, _ index: Int, folds: Bool) {
    guard folds, column > Layout.width, index > 0, index + 1 < text.count else { return put(0x20) }
    writeIndent()
    // A space at the start of a line would be read as indentation.
    if text[index + 1] == 0x20 { put(UInt8(ascii: "\\")) }
  }

  /// Writes one character as an escape; answers how many bytes it had.
  private mutating func writeEscaped(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let (scalar, width) = YAMLCharacter.decode(text, index)
    put(UInt8(ascii: "\\"))
    if let short = YAMLCharacter.shortEscape(scalar) {
      put(short)
    } else if scalar <= 0xff {
      writeHexadecimal("x", scalar, digits: 2)
    } else if scalar <= 0xffff {
      writeHexadecimal("u", scalar, digits: 4)
    } else {
      writeHexadecimal("U", scalar, digits: 8)
    }
    return width
  }

  private mutating func writeHexadecimal(_ prefix: Unicode.Scalar, _ value: UInt32, digits: Int) {
    put(UInt8(ascii: prefix))
    let text = Array(String(value, radix: 16, uppercase: true).utf8)
    append(Array(repeating: 0x30, count: max(0, digits - text.count)) + text)
  }
}
