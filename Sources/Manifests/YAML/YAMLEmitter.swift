/// Writes values as `kubectl kustomize` does: the layout of go-yaml v2's emitter (itself libyaml's), in block style,
/// keys in natural order, lines folded after 80 characters.
///
/// The names of the state are the emitter's: `whitespace` says whether a blank or nothing stands before the cursor,
/// `indention` whether only indentation does.
struct YAMLEmitter {
  enum Layout {
    static let width = 80
    static let indent = 2
    /// A longer key is written after `? `.
    static let longestSimpleKey = 128
  }

  private(set) var bytes: [UInt8] = []
  /// In characters, not bytes.
  private(set) var column = 0
  private var indent = -1
  private var whitespace = true
  private var indention = true

  /// Writes one document, up to the end of its last line.
  mutating func write(document value: Value) {
    write(value, inMapping: false)
    writeIndent()
  }

  private mutating func write(_ value: Value, inMapping: Bool) {
    switch value {
    case .array(let elements) where !elements.isEmpty: write(elements, inMapping: inMapping)
    case .object(let object) where !object.isEmpty: write(object)
    case .array: writeIndicator("[]", needsSpace: true)
    case .object: writeIndicator("{}", needsSpace: true)
    case .string(let text): write(text, isSimpleKey: false)
    case .null: writeIndicator("null", needsSpace: true)
    case .bool(let value): writeIndicator(value ? "true" : "false", needsSpace: true)
    case .integer, .unsigned, .number: writeNumber(value)
    }
  }

  private mutating func write(_ elements: [Value], inMapping: Bool) {
    let outer = indent
    // The elements of a key's list stand under the key.
    if !inMapping || indention { increaseIndent() }
    for element in elements {
      writeIndent()
      writeIndicator("-", needsSpace: true, keepsIndention: true)
      write(element, inMapping: false)
    }
    indent = outer
  }

  private mutating func write(_ object: Object) {
    let outer = indent
    increaseIndent()
    for (key, value) in NaturalOrder.sorted(object.entries) {
      writeIndent()
      if YAMLScalarStyle.isSimpleKey(key) {
        write(key, isSimpleKey: true)
        writeIndicator(":", needsSpace: false)
      } else {
        writeIndicator("?", needsSpace: true, keepsIndention: true)
        write(key, isSimpleKey: false)
        writeIndent()
        writeIndicator(":", needsSpace: true, keepsIndention: true)
      }
      write(value, inMapping: true)
    }
    indent = outer
  }

  private mutating func writeNumber(_ value: Value) {
    if !whitespace { put(0x20) }
    switch value {
    case .number(let number): append(YAMLEmitter.number(number))
    case .unsigned(let number): append(String(number).utf8)
    case .integer(let number): append(String(number).utf8)
    default: break
    }
    endScalar()
  }

  /// A double as Go's `%g` writes the shortest digits.
  private static func number(_ value: Double) -> [UInt8] {
    let decimal = ShortestDecimal(value)
    // 1e-4 has its point at -3, 1e6 at 7.
    return (-3...6).contains(decimal.point) ? decimal.positional : decimal.scientific(exponentDigits: 2)
  }
}

extension YAMLEmitter {
  private mutating func increaseIndent() { indent = indent < 0 ? 0 : indent + Layout.indent }

  /// Runs a scalar's writer with the indentation of the lines that follow its first.
  mutating func withScalarIndent(_ body: (inout YAMLEmitter) -> Void) {
    let outer = indent
    indent = indent < 0 ? Layout.indent : indent + Layout.indent
    body(&self)
    indent = outer
  }

  /// Goes to the column of the indentation, on a new line unless the cursor is before it.
  mutating func writeIndent() {
    let target = max(indent, 0)
    if !indention || column > target || (column == target && !whitespace) { breakLine() }
    if column < target {
      bytes.append(contentsOf: repeatElement(0x20, count: target - column))
      column = target
    }
    whitespace = true
    indention = true
  }

  mutating func writeIndicator(_ text: StaticString, needsSpace: Bool, keepsIndention: Bool = false) {
    if needsSpace && !whitespace { put(0x20) }
    append(ascii: text)
    whitespace = false
    indention = indention && keepsIndention
  }

  mutating func startScalar() { if !whitespace { put(0x20) } }

  mutating func endScalar() {
    whitespace = false
    indention = false
  }

  /// Notes that a character of a scalar stands before the cursor.
  mutating func leaveIndention() { indention = false }

  mutating func startBlock() {
    breakLine()
    whitespace = true
    indention = true
  }

  mutating func breakLine() {
    bytes.append(0x0a)
    column = 0
  }

  /// Notes that a line break other than a line feed was written.
  mutating func startLine() {
    column = 0
    indention = true
  }

  mutating func put(_ byte: UInt8) {
    bytes.append(byte)
    // Bytes that continue a character do not advance.
    if byte & 0xc0 != 0x80 { column += 1 }
  }

  mutating func put(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: text)
    column += text.count
    for byte in text where byte & 0xc0 == 0x80 { column -= 1 }
  }

  mutating func append(_ ascii: some Collection<UInt8>) {
    bytes.append(contentsOf: ascii)
    column += ascii.count
  }

  private mutating func append(ascii text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
