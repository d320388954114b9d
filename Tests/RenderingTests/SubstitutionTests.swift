import FleetModel
import Manifests
import Rendering
import Testing

@Suite("Placeholders in an app's objects")
struct SubstitutionTests {
  private let cluster = ClusterDeclaration.named(
    "fra-1", environment: "prod", labels: ["region": "eu", "example.com/tier": "edge"],
    values: [
      "domain": "fra.example.com", "replicas": 3, "debug": true, "ratio": 1.5, "version": "1.10",
      "hosts": ["a", "b"], "limits": ["cpu": "2", "deep": ["x": 1]], "nothing": nil,
    ])

  private func render(_ text: String, substitute: Bool = true) throws -> Value {
    let tree = SourceTree([
      "apps/web/base/kustomization.yaml": "resources: [a.yaml]",
      "apps/web/base/a.yaml": "apiVersion: v1\nkind: Thing\nmetadata: {name: a}\n" + text,
    ])
    let app = AppDeclaration.named("web", substitute: substitute)
    let rendered = try Renderer(tree: tree).render(app: app, cluster: cluster)
    return try #require(rendered.manifests.manifests.first).value
  }

  @Test(
    "stand for what the cluster is, has as labels and has as values",
    arguments: [
      ("${cluster.name}", "fra-1"), ("${cluster.environment}", "prod"), ("${cluster.labels.region}", "eu"),
      ("${cluster.labels.example.com/tier}", "edge"), ("${cluster.values.domain}", "fra.example.com"),
      ("https://${cluster.values.domain}/${cluster.name}", "https://fra.example.com/fra-1"),
      ("${cluster.values.limits.cpu}", "2"), ("n=${cluster.values.replicas}", "n=3"),
      ("${cluster.values.debug}!", "true!"), ("${cluster.values.ratio}x", "1.5x"),
      ("[${cluster.values.nothing}]", "[]"),
    ])
  func variables(_ placeholder: String, _ text: String) throws {
    #expect(try render("spec:\n  x: '\(placeholder)'")["spec"]?["x"] == .string(text))
  }

  @Test("that are a whole value without quotes keep its kind")
  func kinds() throws {
    let spec = try render(
      """
      spec:
        replicas: ${cluster.values.replicas}
        debug: ${cluster.values.debug}
        ratio: ${cluster.values.ratio}
        version: ${cluster.values.version}
        hosts: ${cluster.values.hosts}
        limits: ${cluster.values.limits}
        nothing: ${cluster.values.nothing}
        quoted: "${cluster.values.replicas}"
      """)["spec"]
    #expect(
      spec == [
        "replicas": 3, "debug": true, "ratio": 1.5, "version": "1.10", "hosts": ["a", "b"],
        "limits": ["cpu": "2", "deep": ["x": 1]], "nothing": nil, "quoted": "3",
      ])
  }

  @Test("have defaults, read as YAML where they are a whole value without quotes")
  func defaults() throws {
    let spec = try render(
      """
      spec:
        interval: ${cluster.values.interval:=30s}
        count: ${count:=5}
        quoted: "${count:=5}"
        known: ${cluster.values.replicas:=9}
        empty: "[${nothing:=}]"
      """)["spec"]
    #expect(spec == ["interval": "30s", "count": 5, "quoted": "5", "known": 3, "empty": "[]"])
  }

  @Test("are escaped with a second dollar sign")
  func escapes() throws {
    let spec = try render("spec: {a: '$${HOME}/x', b: '$HOME and $5', c: '$$', d: '$${cluster.name}-${cluster.name}'}")
    #expect(spec["spec"] == ["a": "${HOME}/x", "b": "$HOME and $5", "c": "$$", "d": "${cluster.name}-fra-1"])
  }

  @Test("stay what they are in keys, and everywhere in an app that does not substitute")
  func untouched() throws {
    #expect(try render("data: {'${cluster.name}': x}")["data"] == ["${cluster.name}": "x"])
    #expect(try render("data: {a: '${cluster.name}'}", substitute: false)["data"] == ["a": "${cluster.name}"])
  }

  @Test("cannot change the structure of a document")
  func structure() throws {
    var cluster = cluster
    cluster.values["domain"] = "x\nmalicious: true # '"
    let tree = SourceTree([
      "apps/web/base/a.yaml":
        "apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  host: ${cluster.values.domain}"
    ])
    let app = AppDeclaration.named("web", substitute: true)
    let rendered = try Renderer(tree: tree).render(app: app, cluster: cluster)
    #expect(rendered.manifests.manifests.first?.value["spec"] == ["host": "x\nmalicious: true # '"])
  }

  @Test("an undefined variable is refused with its file, line and name")
  func undefined() throws {
    let error = try #require(throws: FleetError.self) {
      try render("spec:\n  a: 1\n  b: ${cluster.values.replica}")
    }
    #expect(error.code == .undefinedVariable)
    #expect(error.message.contains("cluster.values.replica"))
    #expect(error.address.file == "apps/web/base/a.yaml")
    #expect(error.address.line == 6)
    #expect(error.address.app == "web")
    #expect(error.address.cluster == "fra-1")
    #expect(error.nextStep == "did you mean cluster.values.replicas?")
  }

  @Test(
    "what looks like a placeholder and is none is refused",
    arguments: ["${HOME:-/root}", "${}", "${1}", "${cluster.name", "${a b}", "${a:-b}"])
  func malformed(_ text: String) throws {
    let error = try #require(throws: FleetError.self) { try render("spec: {a: '\(text)'}") }
    #expect(error.code == .invalidPlaceholder)
    #expect(error.address.file == "apps/web/base/a.yaml")
  }

  @Test("a list inside a text is refused")
  func listInText() throws {
    let error = try #require(throws: FleetError.self) { try render("spec: {a: 'x ${cluster.values.hosts}'}") }
    #expect(error.code == .invalidPlaceholder)
  }

  @Test("are filled in before references are mended, so that these follow")
  func references() throws {
    let tree = SourceTree([
      "apps/web/base/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: ${cluster.environment}-\n",
      "apps/web/base/a.yaml": """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "${cluster.name}"}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec: {volumes: [{name: v, configMap: {name: "${cluster.name}"}}]}
      """,
    ])
    let app = AppDeclaration.named("web", substitute: true)
    let manifests = try Renderer(tree: tree).render(app: app, cluster: cluster).manifests.manifests
    #expect(manifests.map(\.name) == ["prod-fra-1", "prod-web"])
    #expect(manifests.last?.value[path: "spec", "volumes"] == [["name": "v", "configMap": ["name": "prod-fra-1"]]])
  }
}
