import Digests
import FleetModel
import Manifests
import Testing

@Suite("bundle.json")
struct BundleTests {
  @Test("a bundle is written as its golden file and read back")
  func golden() throws {
    let bytes = try Golden.bytes("bundle.json")
    let bundle = try Samples.bundle()
    #expect(String(decoding: bundle.canonicalBytes, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
    #expect(try Bundle(json: bytes, file: "bundle.json") == bundle)
    #expect(Digest(of: bundle.canonicalBytes).hex == (try Golden.sha256("bundle.json")))
  }

  @Test("apps are written in the order of their names whatever order they come in")
  func order() throws {
    var bundle = try Samples.bundle()
    bundle.apps.reverse()
    #expect(bundle.canonicalBytes == (try Golden.bytes("bundle.json")))
  }

  static let digest = Value.string(Digest(of: "x").hex)

  @Test(
    "a bundle with a field missing, unknown, malformed or out of range is refused with the field's name",
    arguments: [
      Change("format", "flotilla.bundle/2"), Change("format", nil), Change("extra", true), Change("fleet", "Acme!"),
      Change("cluster", "Fra 1"), Change("cluster", "../x"), Change("bundle_seq", 0),
      Change("bundle_seq", 41, at: "prev_seq"),
      Change("bundle_seq", "42"), Change("bundle_seq", 1.5), Change("prev_seq", -1), Change("min_agent", "1.0"),
      Change("not_before", "2026-01-31"), Change("apps", ["checkout": 1]), Change("removed", nil),
      Change("apps.0.name", "che/ckout"), Change("apps.0.name", "..", at: "apps[0].name"),
      Change("apps.0.commit", "main"), Change("apps.0.committer", nil), Change("apps.0.release", "none"),
      Change("apps.0.rollout", ""), Change("apps.0.rollback_of", "x"), Change("apps.0.rollback_of", nil),
      Change("apps.0.manifests.length", -1), Change("apps.0.manifests.sha256", "XX"),
      Change("apps.0.manifests.url", "http://x"), Change("apps.0.order", -1), Change("apps.0.order", 10_001),
      Change("apps.0.policy.prune", nil), Change("apps.0.policy.later", 1),
      Change("apps.0.confirmed_deletions", [1], at: "apps[0].confirmed_deletions[0]"),
      Change("apps.0.surprise", 1), Change("removed.0.absent", "keep"), Change("removed.0.extra", 1),
    ])
  func refused(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("bundle.json"))
    let error = try #require(failure { try Bundle(json: bytes, file: "bundle.json") })
    #expect(error.address.field == change.field, "\(error)")
    #expect(error.address.file == "bundle.json")
  }

  @Test(
    "an app digest that is not that of the app's name, manifests and policy is refused",
    arguments: [
      Change("apps.0.app_digest", digest, at: "apps[0]"), Change("apps.0.manifests.sha256", digest, at: "apps[0]"),
      Change("apps.0.policy.prune", false, at: "apps[0]"), Change("apps.0.name", "aaa", at: "apps[0]"),
      Change("removed.0.app_digest", digest, at: "removed[0]"), Change("removed.0.absent", "orphan", at: "removed[0]"),
      Change("removed.0.name", "other", at: "removed[0]"),
    ])
  func digestsAreChecked(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("bundle.json"))
    let error = try #require(failure { try Bundle(json: bytes, file: "bundle.json") })
    #expect(error.address.field == change.field)
    #expect(error.message.hasPrefix("app_digest is not the digest of"))
  }

  @Test("apps out of order, an app twice, and an app both present and removed are refused")
  func names() throws {
    let bundle = try Samples.bundle()
    var twice = bundle
    twice.apps.append(bundle.apps[1])
    #expect(failure { try Bundle(json: twice.canonicalBytes, file: "b") }?.address.field == "apps[2].name")
    var both = bundle
    both.removed = [
      Bundle.Removal(name: "web", appDigest: AppContent.absent(app: "web", .orphan).digest, absent: .orphan)
    ]
    #expect(failure { try Bundle(json: both.canonicalBytes, file: "b") }?.address.field == "removed[0].name")
    var document = try JSON.parse(bundle.canonicalBytes, file: "b")
    document["apps"] = .array((document["apps"]?.array ?? []).reversed())
    #expect(failure { try Bundle(json: JSON.canonical(document), file: "b") }?.address.field == "apps[1].name")
  }

  @Test("an agent that is too old is told so before anything else of the bundle is looked at")
  func minAgent() throws {
    let bytes = try Change("field_of_the_future", [1, 2]).applied(to: try Golden.bytes("bundle.json"))
    let old = try #require(SemanticVersion("0.1.0-rc.1"))
    let new = try #require(SemanticVersion("0.1.0"))
    #expect(failure { try Bundle(json: bytes, file: "b", readBy: old) }?.code == .agentTooOld)
    #expect(failure { try Bundle(json: bytes, file: "b", readBy: new) }?.code == .unknownField)
    let golden = try Golden.bytes("bundle.json")
    #expect(try Bundle(json: golden, file: "b", readBy: new) == (try Samples.bundle()))
  }

  @Test("more than the limits allow is refused as such")
  func limits() throws {
    var bundle = try Samples.bundle()
    bundle.apps[0].confirmedDeletions = Array(repeating: "x", count: FormatLimits.confirmations + 1)
    #expect(failure { try Bundle(json: bundle.canonicalBytes, file: "b") }?.code == .limitExceeded)
    bundle.apps[0].confirmedDeletions = [String(repeating: "x", count: FormatLimits.objectIDBytes + 1)]
    #expect(failure { try Bundle(json: bundle.canonicalBytes, file: "b") }?.code == .limitExceeded)
    let large = [UInt8](repeating: 0x20, count: FormatLimits.bundleBytes + 1)
    #expect(failure { try Bundle(json: large, file: "b") }?.code == .limitExceeded)
  }

  @Test("a committer's name that is too long is cut, so that the bundle can be read")
  func longCommitter() throws {
    var bundle = try Samples.bundle()
    bundle.apps[0].committer = String(repeating: "é", count: 2_000)
    let read = try Bundle(json: bundle.canonicalBytes, file: "b")
    #expect(read.apps[0].committer.utf8.count <= FormatLimits.committerBytes)
    #expect(read.apps[0].committer.hasSuffix("é…"))
  }

  @Test("no truncation is accepted; whatever a flipped bit leaves acceptable is written as the same bytes again")
  func damage() throws {
    let bytes = try Golden.bytes("bundle.json")
    for length in bytes.indices {
      #expect(failure { try Bundle(json: Array(bytes[..<length]), file: "b") } != nil)
    }
    var accepted = 0
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        guard let bundle = try? Bundle(json: damaged, file: "b") else { continue }
        #expect(bundle.canonicalBytes == damaged)
        accepted += 1
      }
    }
    // Names, numbers and reasons are the signature's to protect; what digests cover is not among them.
    #expect(accepted < bytes.count * 4)
  }
}
