import FleetModel
import Manifests
import TestSupport
import Testing

/// What another machine sends may be anything: it traps nothing, and what is taken says what its bytes say.
@Suite("Damaged documents of the formats")
struct DamagedFormatsTests {
  /// Damages a document 2,000 times: as text, and as the canonical form of what is still JSON then.
  /// - Parameters:
  ///   - isTolerant: whether what this version does not know is taken for something that it knows.
  ///   - read: reads the bytes and writes them again.
  private func check(
    _ name: String, _ original: [UInt8], isTolerant: Bool = false, _ read: ([UInt8]) throws -> [UInt8]
  ) throws {
    var random = Randomness("damaged \(name)")
    var refused = 0
    try #expect(read(original) == original)
    for round in 0..<2_000 {
      var bytes = Mutation.mutate(original, using: &random)
      if round.isMultiple(of: 2), let value = try? JSON.parse(bytes, file: name) { bytes = JSON.canonical(value) }
      do {
        let again = try read(bytes)
        let isSame = try isTolerant ? read(again) == again : again == bytes
        #expect(isSame, "seed \(random.seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
      } catch let error as FleetError {
        refused += 1
        #expect(error.address.file == name, "seed \(random.seed), round \(round): \(error)")
      }
    }
    #expect(refused > 200)
  }

  @Test("of bundles")
  func bundles() throws {
    try check("bundle.json", Golden.bytes("bundle.json")) { try Bundle(json: $0, file: "bundle.json").canonicalBytes }
  }

  @Test("of reports", arguments: ["report.json", "report-first.json"])
  func reports(_ name: String) throws {
    try check(name, Golden.bytes(name), isTolerant: true) { try Report(json: $0, file: name).canonicalBytes }
  }

  @Test("of releases")
  func releases() throws {
    try check("release.json", Golden.bytes("release.json")) {
      try Release(canonicalBytes: $0, file: "release.json").canonicalBytes
    }
  }

  @Test(
    "of what an app is to a cluster",
    arguments: ["content-present.json", "content-policy.json", "content-pruned.json", "content-orphaned.json"])
  func contents(_ name: String) throws {
    try check(name, Golden.bytes(name)) { try AppContent(canonicalBytes: $0, file: name).canonicalBytes }
  }

  @Test("of the audit trail")
  func audit() throws {
    let line = try #require(try Golden.text("audit.jsonl").split(separator: "\n").first)
    try check("audit.jsonl", Array(line.utf8)) {
      try AuditRecord(canonicalBytes: $0, file: "audit.jsonl").canonicalBytes
    }
  }
}
