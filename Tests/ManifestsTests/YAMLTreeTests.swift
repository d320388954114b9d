import Manifests
import Testing

@Suite("A tree of scalars as they are spelt")
struct YAMLTreeTests {
  private func tree(_ text: String) throws -> YAMLTree {
    try #require(try YAML.parseTrees(Array(text.utf8), file: "a.yaml").first).root
  }

  @Test(
    "says the same as the plain reader once it is resolved",
    arguments: [
      "a: 1\nb: 0x1F\nc: 1_000\nd: 1.50\ne: 1e3\nf: ~\ng:\nh: true\ni: 'true'\nj: yes\nk: 2001-01-01\nl: \"1\"",
      "- a\n- {b: [c, 08, 0777, 0o17]}\n- |\n  x\n  y\n- !!str 12\n- !!float 3",
      "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x",
      "big: 18446744073709551615\nbigger: 18446744073709551616\nlow: -9223372036854775808",
    ])
  func resolves(_ text: String) throws {
    let plain = try #require(try YAML.parse(Array(text.utf8), file: "a.yaml").first).value
    #expect(try tree(text).resolved() == plain)
  }

  @Test("keeps the spelling of numbers, dates and nulls")
  func spelling() throws {
    let tree = try tree("a: 1.50\nb: 2001-01-01\nc: 0x10\nd: ~\ne:")
    #expect(tree["a"]?.scalar?.text == "1.50")
    #expect(tree["b"]?.scalar?.text == "2001-01-01")
    #expect(tree["c"]?.scalar?.text == "0x10")
    #expect(tree["d"]?.scalar?.text == "~")
    #expect(tree["e"]?.scalar?.text == "")
    #expect(tree["e"]?.isNull == true)
  }

  @Test("a number that is put into quotes becomes a text, a text without quotes stays one")
  func styles() throws {
    #expect(try YAMLTree.scalar(.init("8080", .integer, .quoted)).resolved() == "8080")
    #expect(try YAMLTree.scalar(.init("8080", .string, .plain)).resolved() == "8080")
    #expect(try YAMLTree.scalar(.init("8080", .none, .plain)).resolved() == 8080)
    #expect(try YAMLTree.scalar(.init("web", .none, .plain)).resolved() == "web")
  }

  @Test("a value turns into the tree that its YAML reads as")
  func fromValue() throws {
    let value: Value = ["a": 1, "b": "1", "c": [true, nil, "x", 1.5], "d": "a: b"]
    let tree = YAMLTree(value)
    #expect(try tree.resolved() == value)
    #expect(tree["b"]?.scalar?.style == .quoted)
    #expect(tree["c"]?.elements?.last?.scalar?.text == "1.5")
    #expect(tree["d"]?.scalar?.style == .quoted)
  }

  @Test("what JSON cannot say is refused when the tree is resolved")
  func refused() throws {
    let tree = try tree("a: .nan")
    #expect(throws: FleetError.self) { try tree.resolved() }
    #expect(throws: FleetError.self) { try self.tree("a: !!binary aGk=") }
    #expect(throws: FleetError.self) { try self.tree("1: a").resolved() }
  }
}

@Suite("YAML 1.1, as kustomize reads its own files")
struct YAMLDialectTests {
  private func value(_ text: String, _ dialect: YAML.Dialect) throws -> Value {
    try #require(try YAML.parse(Array(text.utf8), file: "a.yaml", dialect: dialect).first).value
  }

  @Test("has more booleans, and dates are texts", arguments: ["yes", "On", "y"])
  func booleans(_ word: String) throws {
    #expect(try value("a: \(word)", .settings) == ["a": true])
    #expect(try value("a: \(word)", .manifests) == ["a": .string(word)])
    #expect(try value("a: '\(word)'", .settings) == ["a": .string(word)])
    #expect(try value("a: off", .settings) == ["a": false])
    #expect(try value("a: 2001-01-01", .settings) == ["a": "2001-01-01"])
    #expect(try value("a: 2001-01-01", .manifests) == ["a": "2001-01-01T00:00:00Z"])
  }

  @Test("takes the last of two equal keys, as kustomize does")
  func duplicates() throws {
    #expect(try value("a: 1\nb: 2\na: 3", .settings) == ["a": 3, "b": 2])
    #expect(throws: FleetError.self) { try self.value("a: 1\na: 3", .manifests) }
  }

  @Test("makes texts of keys that are none")
  func keys() throws {
    #expect(try value("1: a\ntrue: b", .settings) == ["1": "a", "true": "b"])
    #expect(throws: FleetError.self) { try self.value("1: a", .manifests) }
  }
}
