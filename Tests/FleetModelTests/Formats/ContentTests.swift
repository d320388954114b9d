import Digests
import FleetModel
import Manifests
import Testing

@Suite("App contents, app digests and releases")
struct ContentTests {
  static let contents: [(String, AppContent)] = [
    ("content-present.json", Samples.checkout), ("content-policy.json", Samples.web),
    ("content-pruned.json", .absent(app: "old-app", .prune)),
    ("content-orphaned.json", .absent(app: "old-app", .orphan)),
  ]

  @Test("an app content is written as its golden file, digested as sha256sum does, and read back", arguments: contents)
  func golden(file: String, content: AppContent) throws {
    let bytes = try Golden.bytes(file)
    #expect(String(decoding: content.canonicalBytes, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
    #expect(content.digest.description == (try Golden.sha256(file)))
    #expect(try AppContent(canonicalBytes: bytes, file: file) == content)
  }

  @Test("any change of what an app is changes its digest")
  func digestCoversEverything() throws {
    let policies = [
      AppPolicy(), AppPolicy(prune: false), AppPolicy(selfHeal: false), AppPolicy(conflicts: .report),
      AppPolicy(ignore: [.init(group: "", kind: "A", jsonPointers: ["/a"])]),
      AppPolicy(ignore: [.init(group: "", kind: "A", jsonPointers: ["/b"])]), AppPolicy(dependsOn: ["a"]),
      AppPolicy(health: [.init(group: "", kind: "A", inProgress: "", failed: "", healthy: "x")]),
    ]
    var contents = policies.map { AppContent.present(app: "a", manifests: Digest(of: "m"), policy: $0) }
    contents.append(.present(app: "b", manifests: Digest(of: "m"), policy: AppPolicy()))
    contents.append(.present(app: "a", manifests: Digest(of: "n"), policy: AppPolicy()))
    contents.append(.absent(app: "a", .prune))
    contents.append(.absent(app: "a", .orphan))
    #expect(Set(contents.map(\.digest)).count == contents.count)
    for content in contents {
      #expect(try AppContent(canonicalBytes: content.canonicalBytes, file: "x") == content)
    }
  }

  @Test(
    "an app content with anything else in it is refused with the field's name",
    arguments: [
      Change("extra", 1), Change("app", "A"), Change("app", nil), Change("manifests", "12"),
      Change("manifests", nil), Change("policy.prune", "yes"), Change("policy.surprise", true),
      Change("policy.conflicts", "ignore"), Change("policy.depends_on.0", "../x", at: "policy.depends_on[0]"),
      Change("policy.health", [["group": ""]], at: "policy.health[0].kind"),
      Change("absent", "prune", at: "manifests"), Change("policy", [], at: "policy"),
    ])
  func refused(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("content-policy.json"))
    let error = try #require(failure { try AppContent(canonicalBytes: bytes, file: "blob") })
    #expect(error.address.field == change.field, "\(error)")
    #expect(error.address.file == "blob")
  }

  @Test("bytes that are another spelling of an app content are refused")
  func otherSpellings() throws {
    let text = try Golden.text("content-pruned.json")
    let spellings = [
      text + "\n", " " + text, text.replacing(",", with: ", "), #"{"app":"old-app","absent":"prune"}"#,
      #"{"absent":"pr\u0075ne","app":"old-app"}"#,
      #"{"absent":null,"app":"a","manifests":"\#(Digest(of: "").hex)","policy":"#
        + #"{"conflicts":"take","depends_on":[],"health":[],"ignore":[],"prune":true,"self_heal":true}}"#,
    ]
    for spelling in spellings {
      #expect(failure { try AppContent(canonicalBytes: Array(spelling.utf8), file: "x") } != nil, "\(spelling)")
    }
  }

  @Test("a release is written as its golden file, digested as sha256sum does, and read back")
  func release() throws {
    let release = try Samples.release()
    let bytes = try Golden.bytes("release.json")
    #expect(String(decoding: release.canonicalBytes, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
    #expect(release.digest.description == (try Golden.sha256("release.json")))
    #expect(try Release(canonicalBytes: bytes, file: "x") == release)
  }

  @Test("a release whose charts a program rendered names it, and is another one for another version")
  func chartProgram() throws {
    var release = try Samples.release()
    let without = release.digest
    release.chartProgram = "helm v4.1.4+g05fa379"
    let bytes = release.canonicalBytes
    #expect(String(decoding: bytes, as: UTF8.self).contains(#""chart_program":"helm v4.1.4+g05fa379""#))
    #expect(release.digest != without)
    #expect(try Release(canonicalBytes: bytes, file: "x") == release)
    for spelling in [#""chart_program":"""#, #""chart_program":null"#] {
      let other = String(decoding: bytes, as: UTF8.self)
        .replacing(#""chart_program":"helm v4.1.4+g05fa379""#, with: spelling)
      #expect(failure { try Release(canonicalBytes: Array(other.utf8), file: "x") } != nil)
    }
  }

  @Test(
    "a release with anything else in it is refused with the field's name",
    arguments: [
      Change("extra", 1), Change("app", ""), Change("commit", "HEAD"), Change("commit", "3F786850"),
      Change("clusters", []), Change("clusters.fra-1-b7d2", "00", at: "clusters.fra-1-b7d2"),
      Change("clusters.FRA", "00", at: "clusters.FRA"),
    ])
  func refusedRelease(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("release.json"))
    let error = try #require(failure { try Release(canonicalBytes: bytes, file: "x") })
    #expect(error.address.field == change.field, "\(error)")
  }
}
