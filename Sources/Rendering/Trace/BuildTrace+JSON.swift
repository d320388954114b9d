public import Digests
public import Manifests

// The text form, `flotilla.trace/1`: a map from paths to what was found there. `-` is nothing, `d` a directory, `s` a
// submodule, `f` and `l` with a content id in hexadecimal a file and a link; a listing follows after a space.
extension BuildTrace {
  static let format = "flotilla.trace/1"

  /// Canonical JSON; equal traces have equal bytes.
  public var canonicalJSON: [UInt8] {
    let entries = observations.map { ($0.key.description, Value.string($0.value.text)) }
    return JSON.canonical([
      "format": .string(BuildTrace.format), "observations": .object(Object(entries)),
    ])
  }

  /// Names the trace: equal digests mean that the same was found at the same paths.
  public var digest: Digest { Digest(of: canonicalJSON) }

  /// The trace that this text is. Throws for anything else.
  public init(json bytes: [UInt8], file: String) throws(FleetError) {
    let found = try Field(JSON.parse(bytes, file: file), file: file).object { fields throws(FleetError) in
      try fields.expect("format", BuildTrace.format)
      var observations: [TreePath: Observation] = [:]
      for entry in try fields.required("observations").entries() {
        guard let path = TreePath(entry.key) else { throw entry.field.error("not a path inside the tree") }
        observations[path] = try entry.field.text("an observation") { Observation(text: $0) }
      }
      return observations
    }
    self.init(found)
  }
}

extension BuildTrace.Observation {
  fileprivate var text: String {
    let kindText =
      switch kind {
      case .absent: "-"
      case .directory: "d"
      case .submodule: "s"
      case .file(let id): "f" + Hexadecimal.text(id.bytes)
      case .link(let id): "l" + Hexadecimal.text(id.bytes)
      }
    return listing.map { "\(kindText) \($0.hex)" } ?? kindText
  }

  fileprivate init?(text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard let code = parts.first?.first, parts.count <= 2 else { return nil }
    let id = Hexadecimal.bytes(parts[0].dropFirst())
    switch (code, id) {
    case ("-", []?): kind = .absent
    case ("d", []?): kind = .directory
    case ("s", []?): kind = .submodule
    case ("f", let bytes?): kind = .file(ContentID(bytes: bytes))
    case ("l", let bytes?): kind = .link(ContentID(bytes: bytes))
    default: return nil
    }
    if parts.count == 2 {
      guard let digest = Digest(hex: parts[1]) else { return nil }
      listing = digest
    } else {
      listing = nil
    }
  }
}

/// Bytes as lowercase hexadecimal digits.
enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  static func bytes(_ text: Substring) -> [UInt8]? {
    let values = text.utf8.map { digits.firstIndex(of: $0) }
    guard values.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let high = values[index], let low = values[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
