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
    public static let keys = 64
  }

  /// Parses metadata; throws `invalid-metadata` for what TUF does not allow.
  public static func parse(_ bytes: [UInt8], file: String, limit: Int) throws(FleetError) -> Value {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: limit))
    guard !hasFloats(value) else {
      throw FleetError(.invalidMetadata, "a number that is no integer", at: .init(file: file))
    }
    return value
  }

  /// The bytes that are signed and hashed. Floats have no such form; `parse` lets none through.
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

  private static func hasFloats(_ value: Value) -> Bool {
    switch value {
    case .number: true
    case .array(let values): values.contains(where: hasFloats)
    case .object(let object): object.contains { hasFloats($0.value) }
    default: false
    }
  }
}
