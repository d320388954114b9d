import Manifests

/// The placeholders of a text: `${cluster.name}`, `${x:=default}`; `$${x}` stands for the text `${x}`.
struct PlaceholderText: Sendable {
  enum Part: Sendable, Equatable {
    case text(String)
    /// A variable, with what stands for it where a cluster does not define it.
    case variable(String, fallback: String?)
  }

  /// Why a text with `${` has no placeholder there.
  struct SyntaxError: Error {
    /// What stands there.
    var text: String
  }

  private(set) var parts: [Part] = []

  /// Whether a text may have a placeholder or an escape; most have none, and this is quick.
  static func mayBe(in text: String) -> Bool {
    var isAfterDollar = false
    for byte in text.utf8 {
      if isAfterDollar && byte == UInt8(ascii: "{") { return true }
      isAfterDollar = byte == UInt8(ascii: "$")
    }
    return false
  }

  init(_ text: String) throws(SyntaxError) {
    var plain: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      if rest.starts(with: "$${".utf8) {
        plain += "${".utf8
        rest = rest.dropFirst(3)
      } else if rest.starts(with: "${".utf8) {
        if !plain.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
        plain = []
        parts.append(try PlaceholderText.variable(&rest))
      } else {
        plain.append(byte)
        rest.removeFirst()
      }
    }
    if !plain.isEmpty || parts.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
  }

  /// The variables, each with whether it can do without a definition.
  var variables: [(name: String, hasFallback: Bool)] {
    parts.compactMap { part in
      if case .variable(let name, let fallback) = part { (name, fallback != nil) } else { nil }
    }
  }

  private static func variable(_ rest: inout ArraySlice<UInt8>) throws(SyntaxError) -> Part {
    let inside = rest.dropFirst(2)
    guard let end = inside.firstIndex(of: UInt8(ascii: "}")) else {
      throw SyntaxError(text: String(decoding: rest.prefix(40), as: UTF8.self))
    }
    let body = inside[..<end]
    let name = body.prefix(while: isName)
    let after = body[name.endIndex...]
    let hasFallback = after.starts(with: ":=".utf8)
    guard let first = name.first, isLetter(first), after.isEmpty || hasFallback else {
      throw SyntaxError(text: String(decoding: rest[...end], as: UTF8.self))
    }
    rest = rest[(end + 1)...]
    let fallback = hasFallback ? String(decoding: after.dropFirst(2), as: UTF8.self) : nil
    return .variable(String(decoding: name, as: UTF8.self), fallback: fallback)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "_")
  }

  /// Letters, digits, and what names of labels have: `_`, `-`, `.` and `/`.
  private static func isName(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "/")
  }
}
