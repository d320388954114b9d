import Manifests
import Rendering
import Testing

@Suite("replacements")
struct ReplacementsTests {
  private let objects = """
    {apiVersion: v1, kind: ConfigMap, metadata: {name: src}, data: {host: db.example.com:5432, count: "3", name: other}}
    ---
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: job}, spec: {replicas: 1, template: {spec: {containers: [
      {name: app, image: "job:1"}]}}}}
    ---
    {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {tier: web}}, spec: {replicas: 1, template: {spec: {containers: [
      {name: app, image: "shop:1", env: [{name: HOST, value: x}]}, {name: side, image: "proxy:1", env: [{name: HOST, value: x}]}]}}}}
    """

  private func files(_ replacement: String) -> [String: String] {
    ["kustomization.yaml": "resources: [a.yaml]\nreplacements:\n\(replacement)", "a.yaml": objects]
  }

  private func deployment(_ replacement: String, _ name: String = "web") throws -> Value {
    let found = try build(files(replacement)).first { $0[path: "metadata", "name"]?.string == name }
    return try #require(found)
  }

  @Test("copy a field into another one, of every object that is selected")
  func copies() throws {
    try expect(
      files(
        """
        - source: {kind: ConfigMap, name: src, fieldPath: data.host}
          targets:
          - select: {kind: Deployment, name: web}
            fieldPaths: ["spec.template.spec.containers.[name=app].env.[name=HOST].value"]
        """),
      renders: objects.replacing(
        "{name: app, image: \"shop:1\", env: [{name: HOST, value: x}]}",
        with: "{name: app, image: \"shop:1\", env: [{name: HOST, value: 'db.example.com:5432'}]}"))
  }

  @Test("reach every element of a list with *, and elements by their place")
  func lists() throws {
    let all = try deployment(
      """
      - source: {kind: ConfigMap, name: src, fieldPath: data.name}
        targets: [{select: {kind: Deployment, name: web}, fieldPaths: [spec.template.spec.containers.*.image]}]
      """)
    let containers = try #require(all[path: "spec", "template", "spec", "containers"]?.array)
    #expect(containers.map { $0["image"] } == ["other", "other"])
    let second = try deployment(
      """
      - source: {kind: ConfigMap, name: src, fieldPath: data.name}
        targets: [{select: {kind: Deployment, name: web}, fieldPaths: [spec.template.spec.containers.1.image]}]
      """)
    #expect(
      try #require(second[path: "spec", "template", "spec", "containers"]?.array).map { $0["image"] }
        == ["shop:1", "other"])
  }

  @Test("take a part of a text, and replace a part of one")
  func parts() throws {
    let web = try deployment(
      """
      - source: {kind: ConfigMap, name: src, fieldPath: data.host, options: {delimiter: ":", index: 1}}
        targets:
        - select: {kind: Deployment, name: web}
          fieldPaths: ["spec.template.spec.containers.[name=app].image"]
          options: {delimiter: ":", index: 1}
      """)
    #expect(web[path: "spec", "template", "spec", "containers"]?.array?.first?["image"] == "shop:5432")
  }

  @Test("leave out what is rejected, and create what is missing when they are told to")
  func rejectAndCreate() throws {
    let replacement = """
      - source: {kind: ConfigMap, name: src, fieldPath: data.name}
        targets:
        - select: {kind: Deployment}
          reject: [{labelSelector: tier=web}]
          fieldPaths: [metadata.annotations.note]
          options: {create: true}
      """
    #expect(try deployment(replacement, "job")[path: "metadata", "annotations"] == ["note": "other"])
    #expect(try deployment(replacement, "web")[path: "metadata", "annotations"] == nil)
  }

  @Test("a text that is copied over a number becomes one, a number over a text stays a text")
  func kinds() throws {
    let web = try deployment(
      """
      - source: {kind: ConfigMap, name: src, fieldPath: data.count}
        targets: [{select: {kind: Deployment, name: web}, fieldPaths: [spec.replicas]}]
      - source: {kind: Deployment, name: job, fieldPath: spec.replicas}
        targets: [{select: {kind: Deployment, name: web}, fieldPaths: [metadata.labels.tier]}]
      """)
    #expect(web[path: "spec", "replicas"] == 3)
    #expect(web[path: "metadata", "labels"] == ["tier": "1"])
  }

  @Test("may stand in a file of their own")
  func file() throws {
    var files = files("- path: r.yaml")
    files["r.yaml"] = """
      - source: {kind: ConfigMap, name: src, fieldPath: data.count}
        targets: [{select: {kind: Deployment, name: web}, fieldPaths: [spec.replicas]}]
      """
    let web = try #require(try build(files).first { $0[path: "metadata", "name"] == "web" })
    #expect(web[path: "spec", "replicas"] == 3)
  }

  @Test(
    "what they do not find is refused",
    arguments: [
      ("kind: ConfigMap, name: nobody", "metadata.name", "kind: Deployment", "spec.replicas"),
      ("kind: Deployment", "metadata.name", "kind: Deployment", "spec.replicas"),
      ("kind: ConfigMap, name: src", "data.nothing", "kind: Deployment", "spec.replicas"),
      ("kind: ConfigMap, name: src", "data.count", "kind: Deployment", "spec.nothing"),
    ])
  func missing(_ source: String, _ path: String, _ select: String, _ target: String) throws {
    let error = try expect(
      files("- source: {\(source), fieldPath: \(path)}\n  targets: [{select: {\(select)}, fieldPaths: [\(target)]}]"),
      isRefusedWith: .renderingFailed)
    #expect(error.address.file == "kustomization.yaml")
    #expect(error.address.field == "replacements[0]")
  }

  @Test(
    "a replacement without its parts is refused",
    arguments: [
      "- targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]",
      "- source: {kind: ConfigMap, name: src}",
      "- source: {kind: ConfigMap, name: src}\n  targets: [{fieldPaths: [spec.replicas]}]",
      "- path: r.yaml\n  source: {kind: ConfigMap}",
    ])
  func malformed(_ replacement: String) throws {
    try expect(files(replacement), isRefusedWith: .invalidKustomization)
  }

  @Test(
    "what would be created below a null is lost in it",
    arguments: ["spec.a.b", "spec.a.b.c", "spec.a.0", "spec.a.[name=x].v", "spec.a.[=x]", "spec.a.-"])
  func belowNull(_ path: String) throws {
    let target = "apiVersion: v1\nkind: Foo\nmetadata: {name: foo}\n"
    for (before, after) in [("null", "null"), ("", #""""#), ("~", "null")] {
      try expect(
        [
          "kustomization.yaml": """
          resources: [a.yaml, b.yaml]
          replacements:
          - source: {kind: ConfigMap, fieldPath: metadata.name}
            targets: [{select: {kind: Foo}, fieldPaths: ["\(path)"], options: {create: true}}]
          """,
          "a.yaml": configMap("a"), "b.yaml": target + "spec: {a: \(before)}",
        ], renders: configMap("a") + "---\n" + target + "spec: {a: \(after)}")
    }
  }
}
