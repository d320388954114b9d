import Glibc
import Manifests
import Rendering
import Testing

/// The cases of a folder in the form of `conformance/kustomize`, each with what `kubectl kustomize` makes of it.
///
/// They run where the variable FLOTILLA_CONFORMANCE names the folder; FLOTILLA_CONFORMANCE_ONLY picks cases by a part of
/// their names.
@Suite("What kubectl kustomize renders")
struct ConformanceTests {
  private static let folder = getenv("FLOTILLA_CONFORMANCE").map { String(cString: $0) }

  @Test("no case is rendered in another way, or refused", .enabled(if: folder != nil))
  func conformance() throws {
    let only = getenv("FLOTILLA_CONFORMANCE_ONLY").map { String(cString: $0) }
    let cases = CaseFolder.all(in: try #require(Self.folder)).filter { only.map($0.name.contains) ?? true }
    var passed = 0
    for each in cases {
      if let reason = try difference(each) {
        Issue.record("\(each.name): \(reason)")
      } else {
        passed += 1
      }
    }
    print("conformance: \(passed) of \(cases.count) pass")
  }

  /// What is other than it should be: as data, for layout may differ there.
  private func difference(_ each: CaseFolder) throws -> String? {
    let rendered: [Value]
    do {
      rendered = try each.render()
    } catch let error as FleetError {
      return each.expected == nil ? nil : "refused: \(error)"
    }
    guard let expected = each.expected else { return "rendered, but must be refused" }
    let wanted = try YAML.parse(expected, file: "expected.yaml", dialect: .settings).map(\.value)
    guard rendered.count == wanted.count else { return "\(rendered.count) objects, not \(wanted.count)" }
    return zip(wanted, rendered).lazy.compactMap { Difference.find($0, $1, at: "") }.first
  }
}

/// The first place where two values differ.
enum Difference {
  static func find(_ want: Value, _ got: Value, at path: String) -> String? {
    switch (want, got) {
    case (.object(let want), .object(let got)):
      for (key, value) in want {
        guard let other = got[key] else { return "\(path)/\(key): missing, wanted \(show(value))" }
        if let difference = find(value, other, at: "\(path)/\(key)") { return difference }
      }
      for (key, value) in got where want[key] == nil { return "\(path)/\(key): \(show(value)) too much" }
      return nil
    case (.array(let want), .array(let got)):
      for (index, pair) in zip(want, got).enumerated() {
        if let difference = find(pair.0, pair.1, at: "\(path)/\(index)") { return difference }
      }
      return want.count == got.count ? nil : "\(path): \(got.count) elements, not \(want.count)"
    default:
      return want == got ? nil : "\(path): \(show(got)), wanted \(show(want))"
    }
  }

  private static func show(_ value: Value) -> String {
    String(String(decoding: JSON.compact(value), as: UTF8.self).prefix(100))
  }
}
