import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("Damaged fleet repositories")
struct FuzzTests {
  private static let files = [
    "fleet.yaml": """
    apiVersion: flotilla.dev/v1alpha1
    kind: Fleet
    metadata: {name: acme}
    spec:
      environments: [dev, staging, prod]
      pipelines:
        default:
          stages:
          - environment: dev
          - {environment: staging, soak: 10m}
          - environment: prod
            approval: required
            waves: [1, 25%, 100%]
            maxConcurrent: 25%
            minAvailable: 50%
            progressDeadline: 10m
          onFailure: halt

    """,
    "clusters/fra-1.yaml": """
    apiVersion: flotilla.dev/v1alpha1
    kind: Cluster
    metadata: {name: fra-1, labels: {region: eu, tier: edge}}
    spec: {environment: prod, connectivity: connected, values: {domain: fra.example.com, replicas: 3}}

    """,
    "apps/shop/app.yaml": """
    apiVersion: flotilla.dev/v1alpha1
    kind: App
    metadata: {name: shop}
    spec:
      clusterSelector: {matchLabels: {tier: edge}, matchExpressions: [{key: region, operator: In, values: [eu]}]}
      overlays: ["overlays/{cluster}", "overlays/{environment}", base]
      substitute: true
      namespace: shop
      pipeline: default
      prune: true

    """,
    "apps/shop/base/kustomization.yaml": "resources: []\n",
  ]

  @Test("the one that is damaged below has no errors")
  func whole() {
    let errors = FleetRepository.read(from: MemoryTree(Self.files)).errors
    #expect(errors.isEmpty, "\(errors)")
  }

  @Test("trap nothing, and every error says which file, and where in it")
  func damaged() throws {
    var random = Randomness("damaged fleet repositories")
    var refused = 0
    for round in 0..<3_000 {
      let names = ["fleet.yaml", "clusters/fra-1.yaml", "apps/shop/app.yaml"]
      let name = names.randomElement(using: &random) ?? ""
      let text = Mutation.mutate(Array((Self.files[name] ?? "").utf8), using: &random)
      var tree = MemoryTree(Self.files)
      tree[name] = .file(text)
      let errors = FleetRepository.read(from: tree).errors
      if !errors.isEmpty { refused += 1 }
      // Of a file that holds nothing there is no line to name.
      let isEmpty = (try? YAML.parse(text, file: name).isEmpty) == true
      for error in errors where error.address.file == nil || (error.address.line == nil && !isEmpty) {
        Issue.record(
          "seed \(random.seed), round \(round): no place in \(error), after \(name) was \(String(decoding: text, as: UTF8.self))"
        )
        return
      }
    }
    #expect(refused > 300 && refused < 3_000)
  }
}
