import FleetModel
import Manifests
import TestSupport

/// A small fleet that changes at random, as commits change one.
struct RandomFleet {
  private(set) var tree = SourceTree([
    "shared/kustomization.yaml": "resources: [policy.yaml]\ncommonLabels: {from: shared}",
    "shared/policy.yaml": configMap("policy") + "data: {size: \"${cluster.values.size}\"}\n",
    "parts/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {part: all}}]",
    "apps/web/base/kustomization.yaml": "resources: [a.yaml, ../../../shared]",
    "apps/web/base/a.yaml": configMap("web") + "data: {domain: \"${cluster.values.domain}\"}\n",
    "apps/web/dev/kustomization.yaml":
      "resources: [../base]\nnamePrefix: dev-\nconfigMapGenerator: [{name: made, files: [made.txt]}]",
    "apps/web/dev/made.txt": "text\n",
    "apps/web/prod/kustomization.yaml": "resources: [../base]\ncomponents: [../../../parts]",
    "apps/web/prod-north/kustomization.yaml": "resources: [../prod]\ncommonAnnotations: {where: north}",
    "apps/db/base/kustomization.yaml": "resources: [a.yaml, ../../../shared]\npatches: [{path: p.yaml}]",
    "apps/db/base/a.yaml": configMap("db"),
    "apps/db/base/p.yaml": configMap("db") + "data: {patched: \"yes\"}\n",
    // Plain files, without a kustomization.
    "apps/log/base/a.yaml": configMap("log"),
    "apps/log/base/b.yaml": configMap("log-\u{fc}ber") + "data: {cluster: \"${cluster.name}\"}\n",
  ])
  private(set) var clusters = (0..<6).map { index in
    ClusterDeclaration.named(
      "c\(index)", environment: index < 3 ? "dev" : "prod",
      labels: ["region": index.isMultiple(of: 2) ? "north" : "south"],
      values: ["domain": .string("d\(index / 2)"), "size": .integer(1)])
  }
  let apps = [
    AppDeclaration.named("web", overlays: ["{environment}-{label:region}", "{environment}"], substitute: true),
    AppDeclaration.named("db", overlays: ["{environment}", "base"]),
    AppDeclaration.named("log", substitute: true, namespace: "logs"),
  ]
  /// The trees before.
  private var earlier: [SourceTree] = []
  /// What stood where something was removed or damaged.
  private var whole: [String: SourceTree.Node] = [:]

  /// Makes one to three changes.
  /// - Returns: what they are, for a failure to tell.
  mutating func commit(_ random: inout Randomness) -> [String] {
    earlier.append(tree)
    var changes: [String] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let change = Change.allCases.randomElement(using: &random) ?? .leaf
      guard let path = tree.nodes.keys.map(\.description).sorted().randomElement(using: &random) else { break }
      make(change, path, &random)
      changes.append("\(change) \(path)")
    }
    return changes
  }
}

extension RandomFleet {
  private enum Change: CaseIterable {
    case leaf, base, value, environment, addOrRemove, remove, overlay, rename, secondName, damage, mend, link, back
  }

  /// - Parameter path: a file, for the changes that any file may suffer.
  private mutating func make(_ change: Change, _ path: String, _ random: inout Randomness) {
    let number = Int.random(in: 0..<4, using: &random)
    switch change {
    case .leaf: tree["apps/\(["web", "db", "log"][number % 3])/base/a.yaml"] = configMap("leaf-\(number)")
    case .base:
      tree["shared/policy.yaml"] = configMap("policy-\(number)") + "data: {size: \"${cluster.values.size}\"}\n"
    case .value: set(["domain", "size", "other", "size"][number], &random)
    case .environment: move(to: ["dev", "prod", "test", "dev"][number], &random)
    case .addOrRemove:
      let name = ["apps/log/base/n.yaml", "apps/log/base/o.yaml", "shared/n.yaml", "new/n.yaml"][number]
      tree[name] = tree[name] == nil ? configMap("new-\(number)") : nil
    case .remove: take(path, nil)
    case .overlay:
      let name = ["web/dev-south", "web/prod", "web/prod-north", "db/dev"][number]
      tree["apps/\(name)/kustomization.yaml"] =
        "resources: [../base]\nnameSuffix: -\(["s", "t"].randomElement(using: &random) ?? "")"
    case .rename: renameOverlay()
    case .secondName:
      tree[path.split(separator: "/").dropLast().joined(separator: "/") + "/kustomization.yml"] = "resources: []"
    case .damage:
      guard case .file(let bytes)? = TreePath(path).flatMap({ tree.nodes[$0] }) else { return }
      take(path, .file(Mutation.mutate(bytes, using: &random)))
    case .mend:
      for (path, node) in whole { tree.set(path, node) }
      whole = [:]
    case .link: take(path, .link(["a.yaml", "../base/a.yaml", "gone", "../../../../out"][number]))
    case .back: tree = earlier.randomElement(using: &random) ?? tree
    }
  }

  /// Puts something else in the place of a file, which `mend` brings back.
  private mutating func take(_ path: String, _ node: SourceTree.Node?) {
    if whole[path] == nil { whole[path] = TreePath(path).flatMap { tree.nodes[$0] } }
    tree.set(path, node)
  }

  private mutating func renameOverlay() {
    let names = ["apps/web/prod-north/kustomization.yaml", "apps/web/prod-south/kustomization.yaml"]
    let texts = names.map { tree[$0] }
    for (name, text) in zip(names, texts.reversed()) { tree[name] = text }
  }

  private mutating func set(_ value: String, _ random: inout Randomness) {
    guard let index = clusters.indices.randomElement(using: &random) else { return }
    clusters[index].values[value] = .string("v\(Int.random(in: 0..<3, using: &random))")
  }

  private mutating func move(to environment: String, _ random: inout Randomness) {
    guard let index = clusters.indices.randomElement(using: &random) else { return }
    clusters[index].environment = environment
  }
}
