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

  @Test("the one that is damaged below renders as it is")
  func whole() throws {
    #expect(try build(Self.files, "overlay").count == 3)
  }

  @Test("trap nothing, and every error says which file")
  func damaged() throws {
    var random = Randomness("damaged kustomizations")
    var refused = 0
    for round in 0..<1_500 {
      var files = Self.files
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
    #expect(refused > 150 && refused < 1_500)
  }
}
