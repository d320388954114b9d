import Manifests
import TestSupport
import Testing

/// Makes values that are hard to write.
private struct Values {
  var random: Randomness

  private static let texts = [
    "", " ", "a", "true", "Yes", "on", "n", "~", "null", "1", "0x1F", "08", "1e3", "1_0", ".5", "-", "- a", "a: b",
    "a #b",
    "#", "&a", "*a", "!x", "|", ">", "%", "@", "`", "'", "\"", "'a'", "{", "}", "[", "]", ",", "?", "? a", ":", "a:",
    "<<",
    "=", "---", "...", "--- a", "2001-01-01", "12:30:45", ".nan", ".inf", "a\nb", "a\n", "\n", "\na", "a\n\nb\n\n",
    " a\nb",
    "a ", "a \nb", "\ta", "a\tb", "a\r\nb", "\r", "\u{0}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}",
    "a\u{feff}",
    "é", "e\u{301}", "😀", "\u{fffd}", "\u{ffff}", "\u{10ffff}", "\\", "\\n", "$(X)", "${x}", "0o7", "+1", "1.", "0b1",
  ]

  mutating func text() -> String {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return (0..<Int.random(in: 0...6, using: &random)).map { _ in scalar() }.joined()
    case 1:
      let words = (0..<Int.random(in: 0...40, using: &random)).map { _ in Self.texts.randomElement(using: &random) ?? ""
      }
      return words.joined(separator: " ")
    default: return Self.texts.randomElement(using: &random) ?? ""
    }
  }

  private mutating func scalar() -> String {
    let bound: UInt32 = [0x80, 0x800, 0x1_0000, 0x11_0000].randomElement(using: &random) ?? 0x80
    return UnicodeScalar(UInt32.random(in: 0..<bound, using: &random)).map { String($0) } ?? "x"
  }

  private mutating func number() -> Value {
    let double = Double(bitPattern: random.next())
    guard double.isFinite, Int64(exactly: double) == nil, UInt64(exactly: double) == nil else { return .number(0.25) }
    return .number(double)
  }

  mutating func value(depth: Int) -> Value {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2:
      return .integer(
        [.min, .max, 0, -1, Int64.random(in: .min ... .max, using: &random)]
          .randomElement(using: &random) ?? 0)
    case 3: return .unsignedInteger(.random(in: .min ... .max, using: &random))
    case 4: return number()
    case 5, 6: return .string(text())
    case 7: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1) })
    default:
      return .object(Object((0..<Int.random(in: 0...4, using: &random)).map { _ in (text(), value(depth: depth - 1)) }))
    }
  }
}

@Suite("What is written is read again as the same")
struct RoundTripTests {
  private func forRandomValues(_ what: String, _ body: (Value) throws -> String?) rethrows {
    let random = Randomness(what)
    var values = Values(random: random)
    for round in 0..<3_000 {
      let value: Value = ["v": values.value(depth: 4)]
      if let complaint = try body(value) {
        Issue.record("seed \(random.seed), round \(round): \(complaint)")
        return
      }
    }
  }

  @Test("JSON in all three forms")
  func json() throws {
    try forRandomValues("JSON") { value in
      for bytes in [JSON.compact(value), JSON.canonical(value), JSON.pretty(value)] {
        let again = try JSON.parse(bytes, file: "a.json")
        guard again == value else { return String(decoding: bytes, as: UTF8.self) }
        guard JSON.canonical(again) == JSON.canonical(value) else { return "the canonical form changes" }
      }
      return nil
    }
  }

  @Test("YAML")
  func yaml() throws {
    forRandomValues("YAML") { value in
      let bytes = YAML.emit(value)
      do {
        let again = try YAML.parse(bytes, file: "a.yaml").map(\.value)
        return again == [value] ? nil : "\(String(decoding: bytes, as: UTF8.self).debugDescription) of \(value)"
      } catch {
        return "\(error) in \(String(decoding: bytes, as: UTF8.self).debugDescription)"
      }
    }
  }

  @Test("a tree of spelt scalars")
  func tree() throws {
    try forRandomValues("trees") { value in
      let again = try YAMLTree(value).resolved()
      return again == value ? nil : "\(value) became \(again)"
    }
  }

  @Test("a stream of documents")
  func stream() throws {
    let values: [Value] = [["a": "x\n"], ["b": "---"], ["c": ["- d", ["e": "...\n"]]]]
    #expect(try YAML.parse(YAML.emitDocuments(values), file: "a.yaml").map(\.value) == values)
  }

  @Test("texts that YAML would read as something else stand in quotes")
  func quotes() {
    for text in ["true", "yes", "1", "0x1F", "~", "null", "", "2001-01-01", "- a", "a: b", "#", "*a", "1e3"] {
      let written = String(decoding: YAML.emit(["v": .string(text)]), as: UTF8.self)
      #expect(written == "v: \"\(text)\"\n" || written == "v: '\(text)'\n", "\(written)")
    }
    #expect(YAML.emit(["v": "plain text"]) == Array("v: plain text\n".utf8))
  }
}
