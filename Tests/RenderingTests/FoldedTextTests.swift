import Manifests
import Rendering
import Testing

/// kustomize writes every object with go-yaml and reads it again before it prints; folded blocks do not all survive that
/// as they were. What they become is part of hashes, so it has to be the same here.
@Suite("Folded blocks of text")
struct FoldedTextTests {
  private func text(_ block: String) throws -> Value? {
    let files = [
      "kustomization.yaml": "resources: [a.yaml]",
      "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: \(block)\n",
    ]
    let rendered = try build(files)
    if let oracle = Oracle() {
      let printed = try #require(oracle.render(files, ""), "the oracle refuses")
      #expect(try YAML.parse(printed, file: "oracle.yaml", dialect: .settings).map(\.value) == rendered)
    }
    return rendered.first?["data"]?["x"]
  }

  @Test(
    "get another line break in front of lines that are indented more",
    arguments: [
      (">\n    one\n      indented\n      again\n    two", "one\n\n  indented\n  again\ntwo\n"),
      (">-\n    one\n      indented", "one\n\n  indented"),
      (">+\n    one\n      indented\n", "one\n\n  indented\n\n"),
      (">\n    one\n    \tx\n    two", "one\n\n\tx\ntwo\n"),
      (">-\n    äö\n      ü", "äö\n\n  ü"),
    ])
  func changed(_ block: String, _ expected: String) throws {
    #expect(try text(block) == .string(expected))
  }

  @Test(
    "say the same otherwise",
    arguments: [
      (">\n    one\n    two\n\n    three", "one two\nthree\n"),
      (">2\n      x\n    y", "  x\ny\n"),
      (">\n    one  \n      two", "one  \n  two\n"),
      ("|\n    one\n      indented\n    two", "one\n  indented\ntwo\n"),
    ])
  func kept(_ block: String, _ expected: String) throws {
    #expect(try text(block) == .string(expected))
  }
}
