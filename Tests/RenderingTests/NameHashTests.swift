import Manifests
import Rendering
import Testing

/// The names are those that `kubectl kustomize` prints.
@Suite("The hash in the name of what is generated")
struct NameHashTests {
  @Test(
    "is kubectl's",
    arguments: [
      ("configMapGenerator", "literals: [k=v]", "a-bdg947hgcc"),
      ("configMapGenerator", "literals: [b=2, a=1]", "a-7gdc49gk6d"),
      ("configMapGenerator", "literals: ['h=<&>']", "a-mbh2mt954b"),
      ("configMapGenerator", "literals: ['u=äöü €']", "a-2797fdc475"),
      ("configMapGenerator", "literals: []", "a-6ct58987ht"), ("secretGenerator", "literals: [k=v]", "a-ftgtgc4t9f"),
      ("secretGenerator", "type: t, literals: [k=v]", "a-ht59c84hdd"),
    ])
  func names(_ field: String, _ content: String, _ name: String) throws {
    let object = try #require(try build(["kustomization.yaml": "\(field):\n- {name: a, \(content)}"]).first)
    #expect(object[path: "metadata", "name"] == .string(name))
  }

  @Test("is made of what patches and merges left, not of what was generated first")
  func afterPatches() throws {
    func name(_ value: String, _ patch: String) throws -> Value? {
      let text = """
        configMapGenerator:
        - {name: a, literals: [k=\(value)]}
        patches:
        - patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: \(patch)}}'
        """
      return try build(["kustomization.yaml": text])[0][path: "metadata", "name"]
    }
    #expect(try name("one", "two") == name("three", "two"))
    #expect(try name("one", "two") != name("one", "one"))
  }
}
