/// Writes values as JSON.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let sortsKeys: Bool

  init(sortsKeys: Bool) { self.sortsKeys = sortsKeys }

  mutating func write(_ value: Value) {
    switch value {
    case .array(let elements): write(elements)
    case .object(let object): write(object)
    default: writeScalar(value)
    }
  }

  private mutating func write(_ elements: [Value]) {
    bytes.append(UInt8(ascii: "["))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      write(element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: Object) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (key, value) in sortsKeys ? object.sortedByKey() : object {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      write(key)
      bytes.append(UInt8(ascii: ":"))
      write(value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func writeScalar(_ value: Value) {
    switch value {
    case .null: write(ascii: "null")
    case .bool(let value): write(ascii: value ? "true" : "false")
    case .integer(let value): writeDecimal(value.magnitude, negative: value < 0)
    case .unsigned(let value): writeDecimal(value, negative: false)
    case .number(let value): bytes.append(contentsOf: JSONWriter.number(value))
    case .string(let text): write(text)
    case .array, .object: break
    }
  }

  /// A double as RFC 8785 and Go's encoding/json write it.
  private static func number(_ value: Double) -> [UInt8] {
    let decimal = ShortestDecimal(value)
    // 1e-6 has its point at -5, 1e21 at 22.
    return (-5...21).contains(decimal.point) ? decimal.positional : decimal.scientific(exponentDigits: 1)
  }

  private mutating func write(ascii text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func writeDecimal(_ magnitude: UInt64, negative: Bool) {
    if negative { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    var rest = magnitude
    repeat {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}

extension JSONWriter {
  /// Writes a text in quotes; quotes, backslashes and control characters are escaped, nothing else.
  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    if text.utf8.withContiguousStorageIfAvailable({ write(content: $0) }) == nil {
      Array(text.utf8).withUnsafeBufferPointer { write(content: $0) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func write(content: UnsafeBufferPointer<UInt8>) {
    var written = 0
    for index in content.indices {
      let byte = content[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      bytes.append(contentsOf: content[written..<index])
      writeEscape(byte)
      written = index + 1
    }
    bytes.append(contentsOf: content[written...])
  }

  private mutating func writeEscape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0a: bytes.append(UInt8(ascii: "n"))
    case 0x0c: bytes.append(UInt8(ascii: "f"))
    case 0x0d: bytes.append(UInt8(ascii: "r"))
    case 0..<0x20:
      write(ascii: "u00")
      bytes.append(0x30 + byte >> 4)
      let low = byte & 15
      bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
    default: bytes.append(byte)
    }
  }
}

extension JSONWriter {
  mutating func writePretty(_ value: Value, indent: Int) {
    switch value {
    case .array(let elements) where !elements.isEmpty:
      writeLines(elements, between: ("[", "]"), indent: indent) { $0.writePretty($1, indent: indent + 2) }
    case .object(let object) where !object.isEmpty:
      writeLines(object.entries, between: ("{", "}"), indent: indent) { writer, entry in
        writer.write(entry.key)
        writer.write(ascii: ": ")
        writer.writePretty(entry.value, indent: indent + 2)
      }
    default: write(value)
    }
  }

  private mutating func writeLines<Item>(
    _ items: [Item], between brackets: (StaticString, StaticString), indent: Int,
    _ writeItem: (inout JSONWriter, Item) -> Void
  ) {
    write(ascii: brackets.0)
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(indent: indent + 2)
      writeItem(&self, item)
    }
    breakLine(indent: indent)
    write(ascii: brackets.1)
  }

  private mutating func breakLine(indent: Int) {
    bytes.append(0x0a)
    bytes.append(contentsOf: repeatElement(0x20, count: indent))
  }
}
