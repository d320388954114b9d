import Manifests
import Rendering
import Testing

@Suite("A kustomization's file")
struct KustomizationFileTests {
  @Test("is found under each of its names", arguments: ["kustomization.yaml", "kustomization.yml", "Kustomization"])
  func names(_ name: String) throws {
    try expect([name: "resources: [a.yaml]", "a.yaml": configMap("a")], renders: configMap("a"))
  }

  @Test("is refused when there are two, or none")
  func number() throws {
    let two = [
      "kustomization.yaml": "resources: [a.yaml]", "Kustomization": "resources: [a.yaml]", "a.yaml": configMap("a"),
    ]
    try expect(two, isRefusedWith: .invalidKustomization)
    try expect(["a.yaml": configMap("a")], isRefusedWith: .noKustomization)
  }

  @Test("has fields in any letter case")
  func letterCase() throws {
    let files = ["kustomization.yaml": "Resources: [a.yaml]\nnameprefix: x-\nNAMESUFFIX: -y", "a.yaml": configMap("a")]
    try expect(files, renders: configMap("x-a-y"))
  }

  @Test("may have a field in two letter cases: the last one in the order of bytes counts")
  func twoLetterCases() throws {
    let files = ["kustomization.yaml": "nameprefix: x-\nnamePrefix: y-\nresources: [a.yaml]", "a.yaml": configMap("a")]
    try expect(files, renders: configMap("x-a"))
  }

  @Test("with a field that nobody knows is refused with a suggestion")
  func unknownField() throws {
    let error = try expect(["kustomization.yaml": "resource: []\nnamePrefix: a"], isRefusedWith: .unknownField)
    #expect(error.address.line == 1)
    #expect(error.nextStep == "did you mean resources?")
  }

  @Test(
    "with nothing in it is refused",
    arguments: ["", "# nothing", "kind: Kustomization", "resources:", "namePrefix: ''"])
  func empty(_ text: String) throws {
    try expect(["kustomization.yaml": text], isRefusedWith: .invalidKustomization)
  }

  @Test("is read as YAML 1.1: yes is true, a date is a text, a number is none")
  func dialect() throws {
    let files = [
      "kustomization.yaml": "resources: [a.yaml]\nlabels: [{pairs: {day: 2001-01-01}, includeSelectors: yes}]",
      "a.yaml": configMap("a"),
    ]
    try expect(
      files,
      renders: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {day: '2001-01-01'}}")
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nnamePrefix: 12", "a.yaml": configMap("a")],
      isRefusedWith: .invalidField)
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nnamespace: yes", "a.yaml": configMap("a")],
      isRefusedWith: .invalidField)
  }

  @Test("of another kind or version is refused", arguments: ["kind: Kustomisation", "apiVersion: v1"])
  func kind(_ line: String) throws {
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\n\(line)", "a.yaml": configMap("a")],
      isRefusedWith: .invalidKustomization)
  }
}
