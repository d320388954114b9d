import Foundation
import Manifests
import Testing

/// The cases that were written for this repository, in `Cases`. With FLOTILLA_ORACLE naming a kubectl, what they expect
/// is written anew by it first, to be looked at in the diff.
@Suite("The repository's own cases of kustomize")
struct OwnCasesTests {
  static let cases = CaseFolder.all(
    in: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases").path)

  @Test("are many")
  func number() {
    #expect(Self.cases.count >= 60)
  }

  @Test("render as kubectl kustomize prints them, byte for byte", arguments: cases)
  func bytes(_ each: CaseFolder) throws {
    if let oracle = Oracle() { try each.rewrite(with: oracle) }
    guard let expected = each.expected else {
      try #require(each.expectedError != nil, "nothing is expected")
      _ = #expect(throws: FleetError.self) { try each.render() }
      return
    }
    let printed = YAML.emitDocuments(try each.render())
    #expect(String(decoding: printed, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
  }
}
