import Manifests
import TestSupport
import Testing

@Suite("Reading YAML as Kubernetes does")
struct YAMLReadingTests {
  private func parse(_ text: String) throws -> [Value] {
    try YAML.parse(Array(text.utf8), file: "a.yaml").map(\.value)
  }

  private func value(_ text: String) throws -> Value { try #require(try parse(text).first) }

  private func error(_ text: String, limits: ParseLimits = ParseLimits()) throws -> FleetError? {
    try refusal { _ = try YAML.parse(Array(text.utf8), file: "a.yaml", limits: limits) }
  }

  @Test(
    "scalars without quotes",
    arguments: [
      ("yes", "yes"), ("no", "no"), ("on", "on"), ("y", "y"), ("true", true), ("False", false), ("TRUE", true),
      ("tRue", "tRue"), ("~", nil), ("null", nil), ("Null", nil), ("nUll", "nUll"), ("0777", 511), ("0o777", 511),
      ("0x1F", 31), ("0b101", 5), ("1_000", 1000), ("+5", 5), ("-0x10", -16), ("08", 8.0), ("1e3", 1000),
      (".5", 0.5), ("1.", 1), ("1.5e-3", 0.0015), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("1.2.3", "1.2.3"),
      ("0x", "0x"), ("1e", "1e"), ("2001-01-01", "2001-01-01T00:00:00Z"), ("=", "="), ("a b", "a b"),
      ("9223372036854775807", .integer(.max)), ("18446744073709551615", .unsigned(.max)), ("'1'", "1"),
      ("\"\\u00e9\\x41\"", "éA"), ("!!str 1", "1"), ("!!int '1'", 1), ("! 1", 1), ("!!float 1", 1),
    ] as [(String, Value)])
  func scalars(_ text: String, _ expected: Value) throws {
    if case .array(let found)? = try parse("- \(text)").first {
      // 08 is no octal number, so YAML's floats take it, and JSON writes it as 8.
      let wanted = expected == .number(8) ? Value.integer(8) : expected
      #expect(found == [wanted])
    } else {
      Issue.record("no list")
    }
  }

  @Test("a byte order mark, CRLF and lone CR end lines as LF does")
  func lineEnds() throws {
    for text in ["a: 1\nb:\n- x\n", "\u{feff}a: 1\r\nb:\r\n- x\r\n", "a: 1\rb:\r- x\r"] {
      #expect(try value(text) == ["a": 1, "b": ["x"]])
    }
  }

  @Test("documents of a stream, empty ones left out, each with its line")
  func documents() throws {
    let found = try YAML.parse(Array("---\n---\na: 1\n...\n---\n# nothing\n---\n\nb: 2\n".utf8), file: "a.yaml")
    #expect(found.map(\.value) == [["a": 1], ["b": 2]])
    #expect(found.map(\.line) == [3, 9])
    #expect(try parse("").isEmpty)
    #expect(try parse("# only words\n").isEmpty)
  }

  @Test("anchors, aliases and merge keys; what stands in the map wins over what is merged")
  func merging() throws {
    let text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\nw: *x\n"
    let value = try value(text)
    #expect(value["z"] == ["a": 9, "b": 2, "c": 4])
    #expect(value["w"] == ["a": 1, "b": 2])
  }

  @Test("an alias to nothing, to itself, and a merge of no map are refused where they stand")
  func badAliases() throws {
    for (text, line) in [("a: 1\nb: *gone", 2), ("a: &a\n  b: *a", 2), ("a: 1\n<<: 5", 2)] {
      let found = try error(text)
      #expect(found?.code == .invalidYAML, "\(text)")
      #expect(found?.address.line == line, "\(text): \(String(describing: found))")
    }
  }

  @Test("a bomb of aliases ends at the bound, at once")
  func bomb() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let begin = ContinuousClock.now
    #expect(try error(text)?.code == .limitExceeded)
    #expect(ContinuousClock.now - begin < .seconds(20))
  }

  @Test(
    "what is no YAML is refused with its line and column",
    arguments: [
      ("a: 1\n\tb: 2", 2), ("a: [1, 2", 1), ("a: 'x", 1), ("a: b: c", 1), ("a: 1\n b: 2", 2), ("a: \"\\q\"", 1),
      ("a: 1\n- b", 2), ("%YAML 9.9\n---\na: 1", 1), ("a: @b", 1), ("a: `b", 1), ("a: \u{1}", 1),
      ("a: 1\nb: 2\na: 3", 3),
      ("a: !!binary aGk=", 1), ("a: !mine x", 1), ("a: !!int x", 1), ("a: .nan", 1), ("a:\n  b: -.inf", 2),
      ("1: a", 1), ("[a]: b", 1), ("{a: 1}: b", 1), ("a: !!map []", 1),
    ])
  func refused(_ text: String, _ line: Int) throws {
    let found = try error(text)
    #expect(found?.code == .invalidYAML, "\(String(describing: found))")
    #expect(found?.address.file == "a.yaml")
    #expect((found?.address.line ?? 0) >= 1 && (found?.address.line ?? 9) <= line + 1, "\(String(describing: found))")
    #expect(found?.address.column != nil)
  }

  @Test("bytes that are no UTF-8 are refused with their place")
  func encoding() throws {
    let found = try refusal { _ = try YAML.parse(Array("a: 1\nb: ".utf8) + [0xff, 0xc0], file: "a.yaml") }
    #expect(found?.code == .invalidYAML)
    #expect(found?.address.line == 2, "\(String(describing: found))")
  }

  @Test("depth, values, documents and bytes are bounded")
  func limits() throws {
    let flow = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    #expect(try error(flow)?.code == .limitExceeded)
    #expect(try error(String(repeating: "- ", count: 100_000) + "x")?.code == .limitExceeded)
    #expect(try error("- 1\n- 2\n- 3\n", limits: ParseLimits(nodes: 3))?.code == .limitExceeded)
    #expect(try error("--- 1\n--- 2\n--- 3\n", limits: ParseLimits(documents: 2))?.code == .limitExceeded)
    #expect(try error("a: 12345", limits: ParseLimits(bytes: 4))?.code == .limitExceeded)
  }

  @Test("every value and key knows its line and column")
  func positions() throws {
    let text = "a: 1\nmap:\n  é: {k: [x, yy]}\n"
    let root = try #require(try YAML.parseNodes(Array(text.utf8), file: "a.yaml").first).root
    let error = try refusal {
      _ = try Field(root, file: "a.yaml").object { fields throws(FleetError) in
        fields.ignoreRest()
        let list = try fields.required("map").entries()[0].field.entries()[0].field
        throw try list.array()[1].error("here")
      }
    }
    #expect(error?.address == .init(file: "a.yaml", line: 3, column: 14, field: "map.é.k[1]"))
  }
}
