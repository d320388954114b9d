import Manifests
import TestSupport
import Testing

@Suite("Reading JSON")
struct JSONReadingTests {
  private func parse(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8), file: "a.json") }

  @Test("integers of 64 bits are exact, other numbers are doubles")
  func numbers() throws {
    let numbers: [(String, Value)] = [
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
      ("18446744073709551616", .number(18_446_744_073_709_551_616)), ("0", 0), ("-0", 0), ("1.0", 1), ("1e2", 100),
      ("0.1", .number(0.1)), ("5e-324", .number(.leastNonzeroMagnitude)),
      ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
      ("-1.5E+3", .integer(-1_500)), ("9007199254740993", .integer(9_007_199_254_740_993)),
    ]
    for (text, value) in numbers { #expect(try parse(text) == value, "\(text)") }
  }

  @Test("texts have every escape, and pairs of surrogates are one character")
  func escapes() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#) == "\"\\/\u{8}\u{c}\n\r\té😀")
    #expect(try parse(#""\u0000""#) == "\u{0}")
  }

  @Test("keys keep their order, and differ when their bytes do")
  func keys() throws {
    let value = try parse(#"{"z": 1, "a": 2, "é": 3, "e\u0301": 4}"#)
    #expect(value.object?.keys.count == 4)
    #expect(value.object?.keys.first == "z")
    #expect(JSON.compact(value) == Array("{\"z\":1,\"a\":2,\"é\":3,\"e\u{301}\":4}".utf8))
  }

  @Test(
    "what is no JSON is refused where it stands",
    arguments: [
      ("", 1, 1), ("[1,\n  tru]", 2, 3), ("[1,]", 1, 4), ("{\"a\" 1}", 1, 6), ("{a: 1}", 1, 2), ("[1] x", 1, 5),
      ("[01]", 1, 3), ("[1.]", 1, 4), ("[.5]", 1, 2), ("[+1]", 1, 2), ("[1e]", 1, 4), ("[NaN]", 1, 2),
      ("[\"é\", 'x']", 1, 7), ("[\"a\nb\"]", 1, 4), ("// no\n1", 1, 1),
    ])
  func refused(_ text: String, _ line: Int, _ column: Int) throws {
    let error = try refusal { _ = try parse(text) }
    #expect(error?.code == .invalidJSON)
    #expect(error?.address.file == "a.json")
    #expect([error?.address.line, error?.address.column] == [line, column], "\(String(describing: error))")
  }

  @Test(
    "broken escapes and surrogates, and numbers beyond a double, are refused on their line",
    arguments: [
      #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\udc00\ud800""#, #""\ud800\u0041""#, "1e999", "\"abc",
    ])
  func brokenScalars(_ text: String) throws {
    let error = try refusal { _ = try parse("[\n" + text + "]") }
    #expect(error?.code == .invalidJSON)
    #expect(error?.address.line == 2)
  }

  @Test(
    "bytes that are no UTF-8 are refused",
    arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]] as [[UInt8]])
  func encoding(_ bytes: [UInt8]) throws {
    let error = try refusal { _ = try JSON.parse([0x22] + bytes + [0x22], file: "a.json") }
    #expect(error?.code == .invalidJSON)
    #expect(error?.address.line == 1)
    #expect(try refusal { _ = try JSON.parse([0xef, 0xbb, 0xbf, 0x31], file: "a.json") } != nil)
  }

  @Test("a duplicate key is refused with its line, however it is spelt")
  func duplicates() throws {
    let error = try refusal { _ = try parse("{\"a\": 1,\n \"\\u0061\": 2}") }
    #expect(error?.code == .invalidJSON)
    #expect(error?.address.line == 2)
    #expect(error.map { "\($0)".contains("a") } == true)
  }

  @Test("nesting is bounded, and so are bytes and values")
  func limits() throws {
    let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    _ = try parse(deep(ParseLimits.defaultDepth))
    #expect(try refusal { _ = try parse(deep(ParseLimits.defaultDepth + 1)) }?.code == .limitExceeded)
    #expect(try refusal { _ = try parse(String(repeating: "[", count: 1_000_000)) }?.code == .limitExceeded)
    let limits = ParseLimits(bytes: 10, nodes: 3)
    let small = try refusal { _ = try JSON.parse(Array("[1,2,3,4]".utf8), file: "a.json", limits: limits) }
    #expect(small?.code == .limitExceeded)
    let long = try refusal { _ = try JSON.parse(Array("[        1]".utf8), file: "a.json", limits: limits) }
    #expect(long?.code == .limitExceeded)
  }
}
