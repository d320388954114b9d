import Manifests
import Rendering
import Testing

@Suite("What is not supported is refused by its name")
struct RefusalsTests {
  @Test("programs as generators and transformers", arguments: ["generators", "transformers", "validators"])
  func programs(_ field: String) throws {
    let plugin = """
      apiVersion: example.com/v1
      kind: MyPlugin
      metadata: {name: p, annotations: {config.kubernetes.io/function: "{exec: {path: ./run}}"}}
      """
    let error = try expect(
      ["kustomization.yaml": "resources: [a.yaml]\n\(field): [p.yaml]", "a.yaml": configMap("a"), "p.yaml": plugin],
      isRefusedWith: .notSupportedYet)
    #expect(error.message.contains("MyPlugin"))
    #expect(error.address.file == "p.yaml")
  }

  @Test("a suffix of tags, where it would be put")
  func tagSuffix() throws {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: 'shop:1'}]}}"
    let error = try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nimages: [{name: shop, tagSuffix: -x}]", "a.yaml": pod],
      isRefusedWith: .notSupportedYet)
    #expect(error.message.contains("tagSuffix"))
  }

  @Test("an unknown field is an error, with the known one that is closest to it")
  func unknown() throws {
    let error = try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nnamePrefx: x-", "a.yaml": configMap("a")],
      isRefusedWith: .unknownField)
    #expect(error.address.line == 2)
    #expect("\(error)".contains("namePrefix"))
  }
}
