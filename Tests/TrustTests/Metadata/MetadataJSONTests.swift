import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Metadata is signed over OLPC's canonical JSON")
struct CanonicalMetadataTests {
  private func canonical(_ text: String) throws -> String {
    let value = try MetadataJSON.parse(Array(text.utf8), file: "test", limit: 1 << 16)
    return String(decoding: MetadataJSON.canonical(value), as: UTF8.self)
  }

  @Test(
    "keys are sorted, white space goes",
    arguments: [
      (#"{ "b" : 1 , "a" : [ true , null , -7 ] }"#, #"{"a":[true,null,-7],"b":1}"#),
      (#"{"B":1,"a":2,"":3}"#, #"{"":3,"B":1,"a":2}"#), ("[]", "[]"), ("{}", "{}"),
    ])
  func sorted(text: String, expected: String) throws {
    #expect(try canonical(text) == expected)
  }

  @Test("keys are sorted by their bytes, also beyond the basic plane")
  func byteOrder() throws {
    // U+FF61 comes after U+1F600 in UTF-16, before it in UTF-8.
    #expect(try canonical("{\"\u{1f600}\":1,\"\u{ff61}\":2}") == "{\"\u{ff61}\":2,\"\u{1f600}\":1}")
  }

  @Test("keys that Swift holds for equal stay two keys")
  func canonicallyEquivalentKeys() throws {
    let text = try canonical("{\"\u{e9}\":1,\"e\u{301}\":2}")
    #expect(Array(text.utf8) == Array("{\"e\u{301}\":2,\"\u{e9}\":1}".utf8))
  }

  @Test("only quotes and backslashes are escaped; control characters stand raw")
  func escapes() throws {
    let text = try canonical(#"["\u0001\n\t\"\\\/\u00e9"]"#)
    #expect(Array(text.utf8) == Array("[\"\u{1}\n\t\\\"\\\\/\u{e9}\"]".utf8))
  }
}

@Suite("Metadata that is not well formed is refused with its file, and never traps")
struct MalformedMetadataTests {
  private func error(_ text: String) throws -> FleetError? {
    try refusal { _ = try MetadataJSON.parse(Array(text.utf8), file: "timestamp.json", limit: 1 << 16) }
  }

  @Test(
    "a number that has a second spelling is refused",
    arguments: [
      "1.0", "1e0", "1E2", "-0", "1.5", "1234567890123456789", "-1234567890123456789", "[1,2.0]",
      #"{"a":{"b":[0,1e1]}}"#,
    ])
  func numbers(text: String) throws {
    #expect(try error(text)?.code == .invalidMetadata)
    #expect(try error(text)?.address.file == "timestamp.json")
  }

  @Test(
    "numbers of eighteen digits are exact, and digits in texts are none",
    arguments: [
      "999999999999999999", "-999999999999999999", "0", #"["1.0","\"1e0",{"-0":"\\"}]"#,
    ])
  func plainNumbers(text: String) throws {
    #expect(try error(text) == nil)
  }

  @Test(
    "a key that stands twice is refused, also when spelled otherwise",
    arguments: [
      #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"signed":1,"b":2,"signed":1}}"#,
    ])
  func duplicateKeys(text: String) throws {
    #expect(try error(text) != nil)
  }

  @Test(
    "what is no JSON is refused",
    arguments: ["", " ", "{", "{}{}", "nul", "\u{feff}{}", "[1,]", #"["\ud800"]"#, "{'a':1}"])
  func noJSON(text: String) throws {
    #expect(try error(text) != nil)
  }

  @Test("bytes that are no UTF-8 are refused")
  func noUTF8() throws {
    let error = try refusal { _ = try MetadataJSON.parse([0x22, 0xff, 0x22], file: "x", limit: 16) }
    #expect(error != nil)
  }

  @Test("nesting is bounded")
  func depth() throws {
    let deep = MetadataJSON.Limits.depth
    #expect(try error(String(repeating: "[", count: deep - 1) + String(repeating: "]", count: deep - 1)) == nil)
    #expect(try error(String(repeating: "[", count: 40_000)) != nil)
  }

  @Test("a file above its role's size is refused before it is read", arguments: MetadataRole.allCases)
  func oversized(role: MetadataRole) async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    let names: [MetadataRole: String] = [
      .root: "2.root", .timestamp: "timestamp", .snapshot: "1.snapshot", .targets: "1.targets",
    ]
    client.source.set(try #require(names[role]), [UInt8](repeating: 0x20, count: role.byteLimit + 1))
    let code = try await client.refused()?.code
    #expect(code == .limitExceeded)
  }

  @Test("the limits are within those of python-tuf, so that any client reads what a hub may publish")
  func limits() {
    #expect(MetadataRole.root.byteLimit <= 512_000)
    #expect(MetadataRole.timestamp.byteLimit <= 16_384)
    #expect(MetadataRole.snapshot.byteLimit <= 2_000_000)
    #expect(MetadataRole.targets.byteLimit <= 5_000_000)
    #expect(MetadataJSON.Limits.rootRotations <= 256)
  }

  @Test(
    "a wrong type, another role's or another specification's name is refused",
    arguments: [
      ("_type", Value.string("targets")), ("_type", 7), ("_type", nil), ("spec_version", "2.0.0"),
      ("spec_version", "1.1"),
      ("spec_version", "1.0.x"), ("spec_version", "1"), ("spec_version", "1.0.0.0"), ("spec_version", "01.0"),
      ("spec_version", nil), ("version", 0), ("version", -1), ("version", "1"), ("version", nil), ("expires", 7),
      ("meta", nil), ("meta", []), ("x-fleet", []),
    ] as [(String, Value?)])
  func fields(name: String, value: Value?) throws {
    var repository = try TestRepository()
    repository.timestamp.bend = { $0[name] = value }
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.address.file == "timestamp.json", "\(error.map(String.init(describing:)) ?? "taken")")
  }

  @Test(
    "TUF 1.0 and every 1.0.x is read, and unknown fields count as signed",
    arguments: ["1.0", "1.0.0", "1.0.31", "1.0.9999"])
  func specifications(version: String) throws {
    var repository = try TestRepository()
    repository.timestamp.bend = { signed in
      signed["spec_version"] = .string(version)
      signed["unknown"] = ["a": [1, 2, "\u{1}\u{e9}"]]
    }
    var view = try repository.trusted()
    try view.take(try repository.publish())
    #expect(view.versions.timestamp == 1)
  }

  @Test("delegations are refused by name, not passed over")
  func delegations() throws {
    var repository = try TestRepository()
    repository.targets.bend = { $0["delegations"] = ["keys": .object(Object()), "roles": []] }
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.code == .notSupportedYet)
    #expect(error?.address.field?.hasSuffix("delegations") == true)
  }

  @Test("no flipped bit and no truncation of any file is taken for something else", arguments: MetadataRole.allCases)
  func tampered(role: MetadataRole) throws {
    var repository = try TestRepository()
    let old = try repository.trusted()
    repository.root.version = 2
    let published = try repository.publish()
    let bytes = published[role]
    // A bit at every place, another one each time, and every length.
    let tampered =
      bytes.indices.map { index in
        var copy = bytes
        copy[index] ^= 1 << UInt8(index % 8)
        return copy
      } + bytes.indices.map { Array(bytes.prefix($0)) }
    for (index, file) in tampered.enumerated() {
      var view = old
      let error = try refusal {
        try view.take(root: role == .root ? file : published.root)
        _ = try view.take(timestamp: role == .timestamp ? file : published.timestamp, at: TestRepository.now)
        try view.take(snapshot: role == .snapshot ? file : published.snapshot, at: TestRepository.now)
        try view.take(targets: role == .targets ? file : published.targets, at: TestRepository.now)
      }
      // A byte outside what is signed (a space, a keyid of nobody) may change nothing; then the content is the same.
      if error == nil {
        #expect(role == .root || role == .timestamp, "place \(index)")
        #expect(view.versions == Report.Trusted(root: 2, timestamp: 1, snapshot: 1, targets: 1))
        #expect(try signedPart(file) == signedPart(bytes))
      }
    }
  }

  private func signedPart(_ file: [UInt8]) throws -> Value? {
    try MetadataJSON.parse(file, file: "x", limit: 1 << 20)["signed"]
  }
}
