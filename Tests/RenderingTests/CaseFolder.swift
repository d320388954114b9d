import Foundation
import Manifests
import Rendering
import Testing

/// A case on disk: `input/`, the tree to render from; `path.txt`, the directory in it (without the file, its top); and
/// `expected.yaml`, or `expected-error.txt` where the oracle refuses.
struct CaseFolder: Sendable, CustomTestStringConvertible {
  let place: String
  let name: String

  /// The cases of a folder by their names.
  static func all(in folder: String) -> [CaseFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { CaseFolder(place: "\(folder)/\($0)", name: $0) }
      .filter { FileManager.default.fileExists(atPath: "\($0.place)/input") }
  }

  var testDescription: String { name }
  var expected: [UInt8]? { SourceTree.contents(of: "\(place)/expected.yaml") }
  var expectedError: [UInt8]? { SourceTree.contents(of: "\(place)/expected-error.txt") }

  private var path: String {
    let text = SourceTree.contents(of: "\(place)/path.txt").map { String(decoding: $0, as: UTF8.self) } ?? "."
    return String(text.prefix { !$0.isNewline })
  }

  func render() throws -> [Value] {
    let path = path == "." ? TreePath.root : try #require(TreePath(path))
    return try Renderer(tree: SourceTree(folder: "\(place)/input")).build(directory: path)
  }

  /// Writes down what the oracle makes of the input.
  func rewrite(with oracle: Oracle) throws {
    let said = oracle.run(on: "\(place)/input/\(path)")
    let (kept, dropped) =
      said.isRendered ? ("expected.yaml", "expected-error.txt") : ("expected-error.txt", "expected.yaml")
    // The oracle says where the input lies on this machine, which is nobody else's business.
    let text = said.isRendered ? said.output : Array("refused\n".utf8)
    try Data(text).write(to: URL(filePath: "\(place)/\(kept)"))
    try? FileManager.default.removeItem(atPath: "\(place)/\(dropped)")
  }
}
