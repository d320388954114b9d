import Manifests
import Rendering
import TestSupport
import Testing

@Suite("Damaged kustomizations")
struct FuzzTests {
  private static let files = [
    "overlay/kustomization.yaml": """
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    namespace: shop
    namePrefix: pre-
    nameSuffix: -x
    labels: [{pairs: {team: web}, includeSelectors: true}]
    commonAnnotations: {note: 'a: b'}
    resources: [../base, extra.yaml]
    images: [{name: nginx, newName: mirror/nginx, newTag: "1.27", digest: ""}]
    replicas: [{name: web, count: 3}]
    configMapGenerator: [{name: settings, literals: [a=b, "c=d e"], files: [key=data.txt], options: {labels: {a: b}}}]
    patches:
    - path: patch.yaml
      target: {kind: Deployment, name: we.*}
    - patch: |-
        - {op: replace, path: /spec/template/spec/containers/0/image, value: nginx:2}
      target: {kind: Deployment}
    replacements:
    - source: {kind: Deployment, name: web, fieldPath: metadata.name}
      targets: [{select: {kind: Service}, fieldPaths: [spec.externalName], options: {create: true}}]

    """,
    "overlay/patch.yaml": """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec: {template: {spec: {containers: [{name: web, env: [{name: A, value: b}]}]}}}

    """,
    "overlay/data.txt": "one\ntwo\n",
    "overlay/extra.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n",
    "base/kustomization.yaml": "resources:\n- web.yaml\n",
    "base/web.yaml": """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web}}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: nginx:1
            envFrom: [{configMapRef: {name: settings}}]

    """,
  ]

  /// What the first one leaves out.
  private static let others = [
    "overlay/kustomization.yaml": """
    resources: [../base]
    components: [../component]
    configurations: [config.yaml]
    crds: [crd.json]
    openapi: {path: schema.json}
    sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Service], orderLast: []}}
    buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]
    secretGenerator: [{name: keys, envs: [keys.env], type: Opaque, behavior: create}]
    generatorOptions: {immutable: true, annotations: {a: b}}
    vars: [{name: NAME, objref: {kind: Shop, name: shop, apiVersion: example.com/v1}, fieldref: {fieldpath: spec.list.0}}]
    transformers:
    - |-
      apiVersion: builtin
      kind: LabelTransformer
      metadata: {name: more}
      labels: {more: "1"}
      fieldSpecs: [{path: spec/labels, create: true, kind: Shop}]
    patchesJson6902:
    - {target: {kind: Shop, name: shop, group: example.com, version: v1}, patch: '[{"op": "add", "path": "/spec/x", "value": 1.50}]'}

    """,
    "overlay/keys.env": "# all\nA=b\nB=c=d\n",
    "overlay/config.yaml":
      "nameReference: [{kind: Secret, fieldSpecs: [{path: spec/secret, kind: Shop}]}]\nvarReference: [{path: spec/text}]\n",
    "overlay/crd.json":
      #"{"a": {"Schema": {"properties": {"spec": {"$ref": "b"}}}}, "b": {"Schema": {"properties": {}}}}"#,
    "overlay/schema.json":
      #"{"definitions": {"v1.Shop": {"properties": {"spec": {"properties": {"list": {"items": {}, "#
      + #""x-kubernetes-patch-strategy": "merge"}}}}, "#
      + #""x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Shop", "version": "v1"}]}}}"#,
    "component/kustomization.yaml": """
    apiVersion: kustomize.config.k8s.io/v1alpha1
    kind: Component
    labels: [{pairs: {c: d}, includeTemplates: true, fields: [{path: spec/extra, create: true}]}]
    patches: [{path: patch.yaml, options: {allowNameChange: false}}]

    """,
    "component/patch.yaml": """
    apiVersion: example.com/v1
    kind: Shop
    metadata: {name: shop}
    spec:
      list: [c]
      # {"type": "array", "x-kubernetes-patch-strategy": "merge"}
      other: [z]
      gone: {$patch: delete}

    """,
    "base/kustomization.yaml": "resources:\n- shop.yaml\ncommonLabels: {app: shop}\n",
    "base/shop.yaml": """
    apiVersion: example.com/v1
    kind: Shop
    metadata: {name: shop, annotations: {config.kubernetes.io/local-config: "false"}}
    spec: {list: [a, b], other: [y], secret: keys, text: "x $(NAME) $$(NAME)", gone: {a: 1}, template: {spec: {a: &l [0x1F], b: *l}}}

    """,
  ]

  @Test("the ones that are damaged below render as they are")
  func whole() throws {
    #expect(try build(Self.files, "overlay").count == 3)
    #expect(try build(Self.others, "overlay").count == 2)
  }

  @Test("trap nothing, and every error says which file", arguments: [files, others])
  func damaged(_ whole: [String: String]) throws {
    var random = Randomness("damaged kustomizations")
    var refused = 0
    for round in 0..<1_200 {
      var files = whole
      let name = files.keys.sorted().randomElement(using: &random) ?? ""
      let text = Mutation.mutate(Array((files[name] ?? "").utf8), using: &random)
      files[name] = String(decoding: text, as: UTF8.self)
      guard let error = try refusal({ _ = try build(files, "overlay") }) else { continue }
      refused += 1
      guard error.address.file != nil else {
        Issue.record("seed \(random.seed), round \(round): no file in \(error), after \(name) was \(files[name] ?? "")")
        return
      }
    }
    #expect(refused > 120 && refused < 1_200)
  }
}
