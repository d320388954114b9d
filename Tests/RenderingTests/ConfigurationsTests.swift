import Manifests
import Rendering
import TestSupport
import Testing

@Suite("configurations")
struct ConfigurationsTests {
  private func files(_ configuration: String, _ fields: String) -> [String: String] {
    [
      "kustomization.yaml": "resources: [a.yaml]\nconfigurations: [c.yaml]\n" + fields,
      "c.yaml": configuration,
      "a.yaml": "{apiVersion: example.com/v1, kind: Shop, metadata: {name: a}, spec: {key: k, image: \"x:1\"}}\n---\n"
        + "{apiVersion: v1, kind: Secret, metadata: {name: k}}",
    ]
  }

  private func shop(_ metadata: String, _ spec: String, secret: String = "k") -> String {
    "{apiVersion: v1, kind: Secret, metadata: {name: \(secret)}}\n---\n"
      + "{apiVersion: example.com/v1, kind: Shop, metadata: \(metadata), spec: \(spec)}"
  }

  @Test("fields that hold names of other objects follow them")
  func nameReference() throws {
    try expect(
      files("nameReference: [{kind: Secret, fieldSpecs: [{path: spec/key, kind: Shop}]}]", "nameSuffix: -x"),
      renders: shop("{name: a-x}", #"{key: k-x, image: "x:1"}"#, secret: "k-x"))
  }

  @Test("fields that hold images are found")
  func images() throws {
    try expect(
      files("images: [{path: spec/image, kind: Shop}]", "images: [{name: x, newTag: \"2\"}]"),
      renders: shop("{name: a}", #"{key: k, image: "x:2"}"#))
  }

  @Test("labels are put where the configuration says, created if it says so, blanks around a key left out")
  func labels() throws {
    try expect(
      files("labels: [{path: ' tags', kind: Shop, create: true}]", "labels: [{pairs: {b: c}}]"),
      renders: """
        {apiVersion: v1, kind: Secret, metadata: {name: k, labels: {b: c}}}
        ---
        {apiVersion: example.com/v1, kind: Shop, metadata: {name: a, labels: {b: c}}, spec: {key: k, image: "x:1"}, tags: {b: c}}
        """)
  }

  @Test(
    "a path that leads to no field is refused",
    arguments: ["metadata/*", "\"\"", "spec//key", "spec/0", "spec/key/more"])
  func paths(path: String) throws {
    try expect(
      files("namePrefix: [{path: \(path), kind: Shop}]", "namePrefix: x-"), isRefusedWith: .renderingFailed)
  }

  @Test("what is wrong with a path is said of the file that has it")
  func placeOfPaths() throws {
    for path in ["\"\"", "spec//key"] {
      for list in ["nameReference: [{kind: Secret, fieldSpecs: [", "varReference: [", "namePrefix: ["] {
        let end = list.hasPrefix("nameR") ? "]}]" : "]"
        let files = files(
          "# paths\n\(list){path: \(path), kind: Shop}\(end)",
          "namePrefix: x-\nvars: [{name: A, objref: {kind: Secret, name: k, apiVersion: v1}}]")
        let error = try #require(try refusal({ _ = try build(files) }))
        #expect(error.address.file == "c.yaml" && error.address.line == 2, "\(list) \(path): \(error)")
      }
    }
  }

  @Test("what an object has instead of a field that names another or holds a var is said of the object's file")
  func placeOfValues() throws {
    for list in ["nameReference: [{kind: Secret, fieldSpecs: [", "varReference: ["] {
      let end = list.hasPrefix("nameR") ? "]}]" : "]"
      let files = files(
        "\(list){path: spec/key/more, kind: Shop}\(end)",
        "vars: [{name: A, objref: {kind: Secret, name: k, apiVersion: v1}}]")
      let error = try #require(try refusal({ _ = try build(files) }))
      #expect(error.address.file == "a.yaml" && error.address.object == "example.com/Shop//a", "\(error)")
    }
  }

  @Test("a field that disagrees with one that is built in on being created is refused where it stands")
  func disagreeing() throws {
    let files = files("# annotations\ncommonAnnotations: [{path: metadata/annotations}]", "")
    let error = try #require(try refusal({ _ = try build(files) }))
    #expect(error.code == .invalidKustomization)
    #expect(error.address.file == "c.yaml" && error.address.line == 2, "\(error)")
  }

  @Test("a field that nobody knows is refused, and so are equal keys")
  func refused() throws {
    try expect(files("nameReferences: []", ""), isRefusedWith: .unknownField)
    try expect(files("images: [{path: a, path: b}]", ""), isRefusedWith: .invalidYAML)
  }
}
