import Manifests
import Rendering
import Testing

@Suite("configMapGenerator")
struct ConfigMapGeneratorTests {
  @Test("takes pairs from env files, literals and files, and puts a hash of them into the name")
  func sources() throws {
    let files = [
      "kustomization.yaml": """
      configMapGenerator:
      - name: a
        envs: [a.env]
        literals: [L=1, "Q='quoted'", E=a=b]
        files: [conf/app.ini, named=conf/app.ini]
      """,
      "a.env": "# a comment\nA=1\n\n  B=two words \nEMPTY=\n",
      "conf/app.ini": "[main]\nx = 1\n",
    ]
    try expect(
      files,
      renders: """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a-5cg4cfb8gf}
        data:
          A: "1"
          B: "two words "
          EMPTY: ""
          L: "1"
          Q: quoted
          E: a=b
          app.ini: "[main]\\nx = 1\\n"
          named: "[main]\\nx = 1\\n"
        """)
  }

  @Test("the hash changes with the content, and not with where it comes from")
  func hash() throws {
    func name(_ entry: String, _ files: [String: String] = [:]) throws -> String? {
      var files = files
      files["kustomization.yaml"] = "configMapGenerator:\n- \(entry)"
      return try build(files)[0][path: "metadata", "name"]?.string
    }
    let literal = try name("{name: a, literals: [k=v]}")
    #expect(try name("{name: a, literals: [k=v]}") == literal)
    #expect(try name("{name: a, files: [k=f]}", ["f": "v"]) == literal)
    #expect(try name("{name: a, literals: [k=w]}") != literal)
    #expect(try name("{name: a, literals: [l=v]}") != literal)
  }

  @Test("content that is no UTF-8 stands in Base64 under binaryData")
  func binary() throws {
    var tree = SourceTree(["kustomization.yaml": "configMapGenerator:\n- {name: a, files: [b.bin]}"])
    tree.set("b.bin", .file([0xff, 0x00, 0x01]))
    let map = try #require(try Renderer(tree: tree).build(directory: .root).first)
    #expect(map["binaryData"] == ["b.bin": "/wAB"])
    #expect(map["data"] == nil)
  }

  @Test("options give labels and annotations, make it immutable, and leave the hash away")
  func options() throws {
    let files = [
      "kustomization.yaml": """
      generatorOptions:
        labels: {from: all, both: all}
        immutable: true
      configMapGenerator:
      - name: a
        literals: [k=v]
        options:
          disableNameSuffixHash: true
          labels: {both: own}
          annotations: {note: "1"}
      - name: b
        namespace: shop
        literals: [k=v]
      """
    ]
    try expect(
      files,
      renders: """
        {apiVersion: v1, kind: ConfigMap, data: {k: v}, immutable: true,
         metadata: {name: b-bdg947hgcc, namespace: shop, labels: {from: all, both: all}}}
        ---
        {apiVersion: v1, kind: ConfigMap, data: {k: v}, immutable: true,
         metadata: {name: a, labels: {from: all, both: own}, annotations: {note: "1"}}}
        """)
  }

  @Test("merges into one of a base, or replaces it, and references follow")
  func behavior() throws {
    let cases = [
      ("merge", "{a: '1', b: new, c: '3'}", "h854gmb2c2"), ("replace", "{b: new, c: '3'}", "48f68kdbtg"),
    ]
    for (behavior, data, hash) in cases {
      let files = [
        "o/kustomization.yaml":
          "resources: [../b]\nconfigMapGenerator:\n- {name: a, behavior: \(behavior), literals: [b=new, c=3]}",
        "b/kustomization.yaml": "resources: [p.yaml]\nconfigMapGenerator:\n- {name: a, literals: [a=1, b=2]}",
        "b/p.yaml": """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec: {containers: [{name: c, envFrom: [{configMapRef: {name: a}}]}]}
        """,
      ]
      try expect(
        files, "o",
        renders: """
          {apiVersion: v1, kind: ConfigMap, metadata: {name: a-\(hash)}, data: \(data)}
          ---
          {apiVersion: v1, kind: Pod, metadata: {name: p},
           spec: {containers: [{name: c, envFrom: [{configMapRef: {name: a-\(hash)}}]}]}}
          """)
    }
  }

  @Test(
    "what cannot be generated is refused",
    arguments: [
      "{literals: [k=v]}",
      "{name: a, literals: [k]}",
      "{name: a, literals: ['=v']}",
      "{name: a, literals: [k=v, k=w]}",
      "{name: a, files: ['k=a=b']}",
      "{name: a, behavior: merge, literals: [k=v]}",
    ])
  func refused(_ entry: String) throws {
    try expect(["kustomization.yaml": "configMapGenerator:\n- \(entry)"], isRefusedWith: .invalidKustomization)
  }

  @Test("a source that is not there, or outside the directory, is refused with its place")
  func missing() throws {
    for source in ["files: [x.ini]", "envs: [x.env]", "env: x.env"] {
      let error = try expect(
        ["kustomization.yaml": "configMapGenerator:\n- name: a\n  \(source)"], isRefusedWith: .missingFile)
      #expect(error.address.file == "kustomization.yaml")
      #expect(error.address.line == 3)
    }
    try expect(
      ["o/kustomization.yaml": "configMapGenerator:\n- {name: a, files: [../x]}", "x": "1"], "o",
      isRefusedWith: .outsideRoot)
  }

  @Test("a line of an env file that is too long is refused, not cut")
  func longLine() throws {
    let line = "K=" + String(repeating: "x", count: 1 << 16)
    let error = try #require(throws: FleetError.self) {
      try build(["kustomization.yaml": "configMapGenerator:\n- {name: a, envs: [a.env]}", "a.env": "A=1\n" + line])
    }
    #expect(error.code == .limitExceeded)
    #expect(error.address.file == "a.env")
    #expect(error.address.line == 2)
  }
}
