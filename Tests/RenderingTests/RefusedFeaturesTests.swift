import Foundation
import Manifests
import Rendering
import TestSupport
import Testing

/// `Docs/reference/kustomize.md` lists what kustomize can do and a build refuses; the list and the errors are held
/// together here. FLOTILLA_REWRITE=1 writes the list anew, to be looked at in the diff.
@Suite("The list of refused features")
struct RefusedFeaturesTests {
  private struct Feature {
    /// How the list calls it.
    var name: String
    var kustomization: String
    var others: [String: SourceTree.Node] = [:]
  }

  private static func text(_ text: String) -> SourceTree.Node { .file(Array(text.utf8)) }

  private static let plugin = text("apiVersion: example.com/v1\nkind: Maker\nmetadata: {name: m}\n")
  private static let container = text(
    "apiVersion: example.com/v1\nkind: Maker\nmetadata:\n  name: m\n  annotations:\n"
      + "    config.kubernetes.io/function: '{container: {image: maker:1}}'\n")
  private static let pod = text(
    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: 'shop:1'}]}}\n")

  private static let features: [Feature] = [
    Feature(
      name: "a resource, base or component from an URL or a Git host",
      kustomization: "resources: ['https://example.com/shop//base?ref=v1']"),
    Feature(
      name: "a file of a generator or patch from an URL",
      kustomization: "configMapGenerator: [{name: c, files: ['https://example.com/a.txt']}]"),
    Feature(
      name: "a generator, transformer or validator that is a program", kustomization: "generators: [m.yaml]",
      others: ["m.yaml": plugin]),
    Feature(
      name: "one that is a function in a container, or a program named by an annotation",
      kustomization: "transformers: [m.yaml]", others: ["m.yaml": container]),
    Feature(
      name: "`IAMPolicyGenerator` for a cloud other than `gke`",
      kustomization:
        "generators: ['{apiVersion: builtin, kind: IAMPolicyGenerator, metadata: {name: i}, cloud: other}']"),
    Feature(
      name: "`images[].tagSuffix` where it would be appended",
      kustomization: "resources: [p.yaml]\nimages: [{name: shop, tagSuffix: -x}]", others: ["p.yaml": pod]),
    Feature(
      name: "a hash suffix for another kind than ConfigMap and Secret",
      kustomization: "resources: [p.yaml]\ntransformers: [h.yaml]",
      others: [
        "h.yaml": text("apiVersion: builtin\nkind: HashTransformer\nmetadata: {name: h}\n"),
        "p.yaml": text(
          "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n"
            + "    internal.config.kubernetes.io/needsHashSuffix: enabled\n"),
      ]),
    Feature(
      name: "files in a Git submodule", kustomization: "resources: [vendored/a.yaml]",
      others: ["vendored": .submodule]),
    Feature(
      name: "files that Git LFS keeps", kustomization: "resources: [a.yaml]",
      others: ["a.yaml": text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")]),
    Feature(
      name: "a symbolic link that leads out of the repository", kustomization: "resources: [a.yaml]",
      others: ["a.yaml": .link("../../a.yaml")]),
    Feature(name: "an absolute path", kustomization: "resources: [/etc/a.yaml]"),
    Feature(
      name: "a line of more than 64 KiB in an env file (kustomize stops reading there)",
      kustomization: "configMapGenerator: [{name: c, envs: [a.env]}]",
      others: ["a.env": text("A=" + String(repeating: "x", count: 65 << 10))]),
    Feature(
      name: "equal keys in a patch (kustomize takes one of them)",
      kustomization: "resources: [p.yaml]\npatches: [{path: patch.yaml}]",
      others: [
        "p.yaml": pod,
        "patch.yaml": text("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: {a: b}\n  labels: {c: d}\n"),
      ]),
  ]

  private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Docs/reference/kustomize.md")

  private func error(of feature: Feature) throws -> FleetError {
    var tree = SourceTree(["kustomization.yaml": feature.kustomization])
    for (path, node) in feature.others { tree.set(path, node) }
    return try #require(throws: FleetError.self, "\(feature.name)") { try Renderer(tree: tree).build(directory: .root) }
  }

  @Test("says of each what the error says, and what to do instead")
  func list() throws {
    var rows = ["| refused | the error | instead |", "|---|---|---|"]
    for feature in Self.features {
      let error = try error(of: feature)
      #expect(error.address.file != nil, "\(feature.name)")
      #expect(!error.nextStep.isEmpty || error.code == .invalidYAML || error.code == .limitExceeded, "\(feature.name)")
      let message = error.message.replacing("|", with: "\\|")
      rows.append("| \(feature.name) | \(message) `\(error.code)` | \(error.nextStep) |")
    }
    let wanted = rows.joined(separator: "\n")
    var parts = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "<!-- refused -->\n")
    try #require(parts.count == 3)
    if ProcessInfo.processInfo.environment["FLOTILLA_REWRITE"] == "1" {
      parts[1] = wanted + "\n"
      try Data(parts.joined(separator: "<!-- refused -->\n").utf8).write(to: Self.page)
    }
    #expect(parts[1] == wanted + "\n")
  }
}
