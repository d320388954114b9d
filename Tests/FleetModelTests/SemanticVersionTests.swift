import FleetModel
import Testing

@Suite("Semantic versions")
struct SemanticVersionTests {
  /// The example of section 11 of Semantic Versioning 2.0.0, and what surrounds it.
  static let ascending = [
    "0.0.1", "0.1.0", "0.9.9", "0.10.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999",
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
  ]

  @Test("versions are ordered as Semantic Versioning has it")
  func order() throws {
    let versions = try Self.ascending.map { try #require(SemanticVersion($0)) }
    for (index, version) in versions.enumerated() {
      for (other, second) in versions.enumerated() {
        #expect((version < second) == (index < other))
        #expect((version == second) == (index == other))
      }
      #expect(version.description == Self.ascending[index])
    }
  }

  @Test("build metadata is kept and counts neither for equality nor for order")
  func build() throws {
    let (plain, built) = (try #require(SemanticVersion("1.2.3")), try #require(SemanticVersion("1.2.3+git.5-1")))
    #expect(plain == built)
    #expect(!(plain < built) && !(built < plain))
    #expect(plain.hashValue == built.hashValue)
    #expect(built.description == "1.2.3+git.5-1")
    #expect(SemanticVersion("1.2.3-a-b.0+x")?.prerelease == ["a-b", "0"])
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.03", "01.2.3", "1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3-01", "1.2.3-é",
      "1.2.-3", "1. 2.3", "1.2.3 ", "1.2.99999999999999999999", "-1.2.3", "1.2.3-a_b", "1.2.3+a+b",
    ])
  func refused(text: String) {
    #expect(SemanticVersion(text) == nil)
  }
}
