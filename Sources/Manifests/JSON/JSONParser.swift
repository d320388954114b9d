/// Reads one JSON text, byte by byte.
///
/// The buffer must outlive the parser; `JSON.parse`, its only maker, sees to that. No read leaves the buffer: each goes
/// through `current`, which answers 0 at the end (a byte that JSON allows nowhere), or is below an index that was
/// compared with `bytes.count`.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  var index = 0
  private let file: String
  private let limits: ParseLimits
  private var nodes = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, limits: ParseLimits) {
    self.bytes = bytes
    self.file = file
    self.limits = limits
  }

  mutating func parse() throws(FleetError) -> Value {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw unexpected("the end of the text") }
    return value
  }

  var current: UInt8 {
    @inline(__always) get { index < bytes.count ? bytes[index] : 0 }
  }

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] <= 0x20 {
      switch bytes[index] {
      case 0x20, 0x0a, 0x0d, 0x09: index += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(FleetError) -> Value {
    nodes += 1
    guard nodes <= limits.nodes else {
      throw failure("more than \(limits.nodes) values", code: .limitExceeded)
    }
    switch current {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), 0x30...0x39: return try number()
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func literal(_ text: StaticString, _ value: Value) throws(FleetError) -> Value {
    let start = index
    for offset in 0..<text.utf8CodeUnitCount {
      guard current == text.utf8Start[offset] else {
        index = start
        throw unexpected("a value")
      }
      index += 1
    }
    return value
  }

  private mutating func array(depth: Int) throws(FleetError) -> [Value] {
    try enter(depth)
    var elements: [Value] = []
    if skip(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value(depth: depth))
      if skip(UInt8(ascii: ",")) { continue }
      guard current == UInt8(ascii: "]") else { throw unexpected("',' or ']'") }
      index += 1
      return elements
    }
  }

  private mutating func object(depth: Int) throws(FleetError) -> Object {
    try enter(depth)
    var entries: [Object.Entry] = []
    var known = KeyIndex()
    if skip(UInt8(ascii: "}")) { return Object() }
    while true {
      let start = index
      guard current == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      guard known.record(key, count: entries.count, keyAt: { entries[$0].key }) == nil else {
        index = start
        throw failure("the key \"\(key)\" stands twice in one object")
      }
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw unexpected("':'") }
      entries.append((key, try value(depth: depth)))
      if skip(UInt8(ascii: ",")) { continue }
      guard current == UInt8(ascii: "}") else { throw unexpected("',' or '}'") }
      index += 1
      return Object(uniqueEntries: entries)
    }
  }

  /// Steps over the bracket that opens a list or map.
  private mutating func enter(_ depth: Int) throws(FleetError) {
    guard depth <= limits.depth else {
      throw failure("nested more than \(limits.depth) levels deep", code: .limitExceeded)
    }
    index += 1
    skipSpace()
  }

  /// Steps over this byte and the space on both sides of it, when it is next.
  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard current == byte else { return false }
    index += 1
    // A closing bracket ends its value; the space after it belongs to whoever reads on.
    if byte != UInt8(ascii: "]") && byte != UInt8(ascii: "}") { skipSpace() }
    return true
  }
}

extension JSONParser {
  /// An error at the current place.
  func failure(_ message: String, code: FleetError.Code = .invalidJSON) -> FleetError {
    let place = TextPosition(ofByte: index, in: bytes)
    return FleetError(code, message, at: .init(file: file, line: place.line, column: place.column))
  }

  /// An error that says what should stand at the current place.
  func unexpected(_ wanted: String) -> FleetError {
    guard index < bytes.count else { return failure("the text ends where \(wanted) should stand") }
    let byte = bytes[index]
    let found =
      (0x21...0x7e).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    return failure("\(found) where \(wanted) should stand")
  }
}
