public import Manifests

/// JSON as TUF has it: no floats, no duplicate keys, and a canonical form of its own.
///
/// The form is OLPC's canonical JSON: keys sorted by their bytes, no white space, and texts in which only `"` and `\`
/// are escaped, so control characters stand raw. It is not the canonical JSON of bundles and reports.
public enum MetadataJSON {
  /// Bounds on metadata, within what python-tuf accepts.
  public enum Limits {
    public static let rootBytes = 512_000
    public static let timestampBytes = 16_384
    public static let snapshotBytes = 2_000_000
    public static let targetsBytes = 5_000_000
    /// Root rotations followed in one refresh.
    public static let rootRotations = 256
    /// Signatures of one file: thresholds are single digits.
    public static let signatures = 64
    /// Keys that one root lists.
    public static let keys = 64
    /// Nesting: delegations, the deepest thing that TUF has, need eight levels.
    public static let depth = 32
    /// Digits of a number, so that each fits 64 bits with its sign.
    public static let digits = 18
  }

  /// Parses metadata; throws `invalid-metadata` for JSON that has no canonical form.
  ///
  /// A number is an optional minus and digits: `1.0` and `1e0` would read as the integer that the canonical form of
  /// another text says, so that one signature would stand for several texts.
  public static func parse(_ bytes: [UInt8], file: String, limit: Int) throws(FleetError) -> Value {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: limit, depth: Limits.depth))
    try checkNumbers(bytes, file)
    return value
  }

  /// Looks at every number of a text that is known to be JSON.
  private static func checkNumbers(_ json: [UInt8], _ file: String) throws(FleetError) {
    var index = 0
    while index < json.count {
      switch json[index] {
      case UInt8(ascii: "\""): index = endOfText(json, from: index)
      case UInt8(ascii: "-"), 0x30...0x39:
        let number = json[index...].prefix { isOfNumber($0) }
        guard isInteger(number) else {
          throw FleetError(
            .invalidMetadata, "a number that is no plain integer of at most \(Limits.digits) digits",
            at: .init(file: file))
        }
        index = number.endIndex
      default: index += 1
      }
    }
  }

  /// The index after the text in quotes that starts here.
  private static func endOfText(_ json: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < json.count, json[index] != UInt8(ascii: "\"") {
      index += json[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index + 1
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains(byte)
  }

  private static func isInteger(_ number: ArraySlice<UInt8>) -> Bool {
    let isNegative = number.first == UInt8(ascii: "-")
    let digits = isNegative ? number.dropFirst() : number
    // -0 is 0 in canonical form, so it too would be a second text for one signature.
    return digits.count <= Limits.digits && digits.allSatisfy { (0x30...0x39).contains($0) }
      && !(isNegative && digits.first == 0x30)
  }

  /// The bytes that are signed, and hashed for keyids. Floats have no such form; `parse` lets none through.
  public static func canonical(_ value: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return bytes
  }

  private static func append(_ value: Value, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += Array("null".utf8)
    case .bool(let flag): bytes += Array((flag ? "true" : "false").utf8)
    case .integer(let number): bytes += Array(String(number).utf8)
    case .unsigned(let number): bytes += Array(String(number).utf8)
    case .number(let number): bytes += Array("\(number)".utf8)
    case .string(let text): append(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, entry) in object.sortedByKey().enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(entry.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(entry.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
