import Manifests
import Rendering
import Testing

@Suite("What a repository may make a build do is bounded")
struct BoundsTests {
  @Test("kustomizations over each other")
  func depth() throws {
    func chain(_ count: Int) -> [String: String] {
      var files = ["d0/kustomization.yaml": "resources: [a.yaml]", "d0/a.yaml": configMap("a")]
      for index in 1..<count { files["d\(index)/kustomization.yaml"] = "resources: [../d\(index - 1)]" }
      return files
    }
    #expect(try build(chain(100), "d99").count == 1)
    let error = try #require(throws: FleetError.self) { try build(chain(101), "d100") }
    #expect(error.code == .limitExceeded)
    #expect(error.address.file == "d0/kustomization.yaml")
  }

  @Test("aliases that would grow beyond all measure")
  func aliases() throws {
    var text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
    for index in 1..<12 {
      text += "x\(index): &x\(index) [" + Array(repeating: "*x\(index - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    let error = try #require(throws: FleetError.self) {
      try build(["kustomization.yaml": "resources: [a.yaml]", "a.yaml": text])
    }
    #expect(error.code == .limitExceeded)
    #expect(error.address.file == "a.yaml")
  }

  @Test("values within values")
  func nesting() throws {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let error = try #require(throws: FleetError.self) {
      try build([
        "kustomization.yaml": "resources: [a.yaml]", "a.yaml": configMap("a") + "x: " + deep,
      ])
    }
    #expect(error.code == .limitExceeded)
  }

  @Test("patterns of selectors, which are also matched in time that grows with the name alone")
  func patterns() throws {
    func files(_ pattern: String) -> [String: String] {
      [
        "kustomization.yaml":
          "resources: [a.yaml]\npatches:\n- target: {name: '\(pattern)'}\n  patch: '- {op: add, path: /hit, value: 1}'",
        "a.yaml": configMap(String(repeating: "a", count: 200)),
      ]
    }
    #expect(try build(files("(a*)*b")).first?["hit"] == nil)
    #expect(try build(files("(a|aa)+")).first?["hit"] == 1)
    for pattern in ["a{1001}", "((a{1000}){1000}){1000}", String(repeating: "(", count: 1000)] {
      let error = try #require(throws: FleetError.self) { try build(files(pattern)) }
      #expect(error.code == .invalidKustomization)
    }
  }
}
