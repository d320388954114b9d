import Manifests
import Rendering
import Testing

@Suite("Strategic merge patches")
struct StrategicMergePatchTests {
  private let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {a: "1"}}
    spec:
      replicas: 1
      strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
      template:
        spec:
          containers:
          - {name: app, image: "shop:1", args: [a, b], ports: [{containerPort: 80, name: http}], env: [{name: A, value: "1"}]}
          - {name: side, image: "proxy:1"}
          tolerations: [{key: x, operator: Exists}]

    """

  private func patched(_ patch: String, _ object: String? = nil) throws -> Value {
    let files = [
      "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "a.yaml": object ?? deployment,
      "p.yaml": patch,
    ]
    let rendered = try build(files)
    if let oracle = Oracle() {
      let text = try #require(oracle.render(files, ""), "the oracle refuses")
      let values = try YAML.parse(text, file: "oracle.yaml", dialect: .settings).map(\.value)
      #expect(values == rendered)
    }
    return try #require(rendered.first)
  }

  private let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"

  private func containers(_ patch: String) throws -> [Value] {
    let spec = "spec: {template: {spec: {containers: \(patch)}}}"
    return try #require(try patched(head + spec)[path: "spec", "template", "spec", "containers"]?.array)
  }

  @Test("maps are merged, null removes a key")
  func maps() throws {
    let web = try patched(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {b: '2'}}\nspec: {replicas: null, paused: true}"
    )
    #expect(web[path: "metadata", "labels"] == ["a": "1", "b": "2"])
    #expect(web[path: "spec", "replicas"] == nil)
    #expect(web[path: "spec", "paused"] == true)
  }

  @Test("containers are merged by their names, in the order of the patch")
  func containersByName() throws {
    let merged = try containers("[{name: app, image: 'shop:2'}, {name: new, image: n}]")
    #expect(merged.map { $0["name"] } == ["app", "new", "side"])
    #expect(merged.map { $0["image"] } == ["shop:2", "n", "proxy:1"])
    #expect(merged[0]["args"] == ["a", "b"])
  }

  @Test("ports and variables are merged by their own keys, lists of single values are replaced")
  func nested() throws {
    let merged = try containers(
      "[{name: app, args: [c], ports: [{containerPort: 80, name: web}], env: [{name: B, value: '2'}]}]")
    let app = try #require(merged.first { $0["name"] == "app" })
    #expect(app["args"] == ["c"])
    #expect(app["ports"]?.array?.count == 1)
    #expect(app["ports"]?.array?.first?["name"] == "web")
    #expect(Set(app["env"]?.array?.compactMap { $0["name"]?.string } ?? []) == ["A", "B"])
  }

  @Test("lists without merge keys are replaced whole")
  func replaced() throws {
    let web = try patched(head + "spec: {template: {spec: {tolerations: [{key: y, operator: Exists}]}}}")
    #expect(web[path: "spec", "template", "spec", "tolerations"] == [["key": "y", "operator": "Exists"]])
  }

  @Test("$patch deletes an element, and replaces a map or a list")
  func directives() throws {
    #expect(try containers("[{name: side, $patch: delete}]").map { $0["name"] } == ["app"])
    #expect(try containers("[{name: only, image: o}, {$patch: replace}]").map { $0["name"] } == ["only"])
    let web = try patched(head + "spec: {strategy: {$patch: replace, type: Recreate}}")
    #expect(web[path: "spec", "strategy"] == ["type": "Recreate"])
  }

  @Test("$patch deletes the object itself")
  func deletesObject() throws {
    let files = [
      "kustomization.yaml": "resources: [a.yaml, b.yaml]\npatches: [{path: p.yaml}]", "a.yaml": deployment,
      "b.yaml": configMap("b"), "p.yaml": "$patch: delete\n" + head,
    ]
    try expect(files, renders: configMap("b"))
  }

  @Test("kinds that Kubernetes does not know have their lists replaced")
  func customKinds() throws {
    let thing =
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {containers: [{name: a}, {name: b}]}"
    let patch = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {containers: [{name: c}]}"
    #expect(try patched(patch, thing)[path: "spec", "containers"] == [["name": "c"]])
  }

  @Test("a patch of an object that is not there is refused, and so is one that several could mean")
  func noObject() throws {
    for patch in [head.replacing("web", with: "nobody"), head.replacing("apps/v1", with: "apps/v2")] {
      let error = try expect(
        [
          "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "a.yaml": deployment,
          "p.yaml": patch,
        ], isRefusedWith: .patchFailed)
      #expect(error.address.file == "p.yaml")
    }
  }

  @Test("a map where the object has a list is refused, and names the object")
  func otherKind() throws {
    let error = try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "a.yaml": deployment,
        "p.yaml": head + "spec: {template: {spec: {containers: {name: app}}}}",
      ], isRefusedWith: .patchFailed)
    #expect(error.address.object?.contains("web") == true)
  }

  @Test("a patch that replaces the whole object leaves it as it was")
  func wholeObject() throws {
    let object = try patched(head + "$patch: replace\nspec: {replicas: 5}")
    #expect(object[path: "spec", "replicas"] == .integer(1))
    #expect(object[path: "metadata", "labels", "a"] == .string("1"))
  }

  @Test("a patch that replaces all annotations makes the build forget the object's former names")
  func annotationsReplaced() throws {
    let files = [
      "kustomization.yaml": """
      resources: [base]
      patches:
      - target: {kind: ConfigMap}
        patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {$patch: replace, b: c}}}'
      """,
      "base/kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]",
      "base/a.yaml": configMap("a")
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, configMap: {name: a}}]}}",
    ]
    try expect(
      files,
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: x-a, annotations: {b: c}}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: x-p}, spec: {volumes: [{name: v, configMap: {name: a}}]}}
        """)
  }
}
