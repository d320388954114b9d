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

  static var cases: [String] {
    guard let folder, let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    let only = getenv("FLOTILLA_CONFORMANCE_ONLY").map { String(cString: $0) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.first?.isNumber ?? false, only.map(name.contains) ?? true { names.append(name) }
    }
    return names.sorted()
  }

  enum Outcome: Equatable {
    case passed
    /// Refused as not supported yet.
    case unsupported(String)
    /// Refused, which the oracle does not.
    case refused(String)
    /// Rendered, and differently, or not refused.
    case wrong(String)
  }

  @Test("no case is rendered in another way", .enabled(if: folder != nil))
  func conformance() throws {
    var passed = 0
    var unsupported: [String: Int] = [:]
    for name in Self.cases {
      switch try outcome(of: name) {
      case .passed: passed += 1
      case .unsupported(let reason):
        unsupported[reason, default: 0] += 1
        print("UNSUPPORTED \(name): \(reason)")
      case .refused(let reason): print("REFUSED \(name): \(reason)")
      case .wrong(let reason): Issue.record("\(name): \(reason)")
      }
    }
    print("conformance: \(passed) of \(Self.cases.count) pass; not supported yet: \(unsupported)")
  }

  private func outcome(of name: String) throws -> Outcome {
    let place = "\(try #require(Self.folder))/\(name)"
    let tree = SourceTree(folder: "\(place)/input")
    let text = String(decoding: try #require(SourceTree.contents(of: "\(place)/path.txt")), as: UTF8.self)
    let path = TreePath(String(text.prefix { !$0.isNewline }))
    let expected = SourceTree.contents(of: "\(place)/expected.yaml")
    let rendered: [Value]
    do {
      rendered = try Renderer(tree: tree).build(directory: try #require(path))
    } catch let error as FleetError {
      if error.code == .notSupportedYet { return .unsupported(error.address.field ?? error.message) }
      return expected == nil ? .passed : .refused("\(error)")
    }
    guard let expected else { return .wrong("rendered, but must be refused") }
    let wanted = try YAML.parse(expected, file: "expected.yaml", dialect: .settings).map(\.value)
    guard rendered.count == wanted.count else { return .wrong("\(rendered.count) objects, not \(wanted.count)") }
    for (got, want) in zip(rendered, wanted) {
      if let difference = Difference.find(want, got, at: "") { return .wrong(difference) }
    }
    return .passed
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
