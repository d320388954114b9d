import FleetModel
import Foundation
import Manifests
import Rendering
import TestSupport

/// Examples/acme rendered for a large fleet: cold, and after commits that change one line.
enum RenderBenchmark: Benchmark {
  static let name = "render"
  static let summary = "Examples/acme for 1,000 clusters, each with a domain of its own; one task (medians)"
  private static let clusterCount = 1_000
  private static let rounds = 5

  static func run() async throws {
    let tree = try MemoryTree(folder: Place.acme)
    let fleet = try Fleet(tree)
    let cold = try fleet.measure { Renderer(tree: tree) }
    cold.show("cold")
    let base = try fleet.rendered(Renderer(tree: tree))
    for change in Change.all {
      let changed = try change.applied(to: tree)
      try fleet.measure { Renderer(tree: changed, after: base) }.show(change.summary, against: cold)
    }
    let cache = MemoryRenderCache()
    _ = try fleet.rendered(Renderer(tree: tree, cache: cache))
    try fleet.measure { Renderer(tree: tree, cache: cache) }.show("after a restart, with the cache", against: cold)
  }

  /// The sample's clusters over and over, under other names and domains.
  private struct Fleet {
    let apps: [AppDeclaration]
    let clusters: [ClusterDeclaration]

    init(_ tree: MemoryTree) throws {
      let repository = FleetRepository.read(from: tree)
      if let error = repository.errors.first { throw error }
      let samples = repository.clusters
      apps = repository.apps
      clusters = (0..<RenderBenchmark.clusterCount).map { index in
        var cluster = samples[index % samples.count]
        cluster.name = "\(cluster.environment)-\(index)"
        cluster.values["domain"] = .string("\(cluster.name).acme.test")
        return cluster
      }
    }

    /// Renders everything; returns the renderer that did.
    func rendered(_ renderer: Renderer) throws -> Renderer {
      for cluster in clusters {
        for app in apps where app.targets(cluster) { _ = try renderer.render(app: app, cluster: cluster) }
      }
      return renderer
    }

    func measure(_ make: () -> Renderer) throws -> Measured {
      var times: [Double] = []
      var work = RenderWork()
      for _ in 0..<RenderBenchmark.rounds {
        let start = ContinuousClock.now
        work = try rendered(make()).work
        times.append((ContinuousClock.now - start) / .milliseconds(1))
      }
      let renders = clusters.reduce(0) { sum, cluster in sum + apps.count { $0.targets(cluster) } }
      return Measured(milliseconds: times.median, renders: renders, work: work)
    }
  }

  private struct Measured {
    var milliseconds: Double
    /// Pairs of an app and a cluster.
    var renders: Int
    var work: RenderWork

    func show(_ what: String, against cold: Measured? = nil) {
      let builds = work.builds.values.reduce(0, +)
      let sets = work.sets.values.reduce(0, +)
      Row.print(what, Row.milliseconds(milliseconds))
      Row.print("  overlays built, sets made", "\(builds), \(sets)")
      Row.print("  for each app on each cluster", Row.microseconds(milliseconds * 1000 / Double(max(1, renders))))
      if let cold { Row.print("  cold / this", Row.ratio(cold.milliseconds / milliseconds)) }
    }
  }

  /// A commit that changes one line.
  private struct Change {
    var summary: String
    var file: String
    var old: String
    var new: String

    static let all = [
      Change(
        summary: "the web shop's tag in prod (a set for each cluster)",
        file: "apps/webshop/overlays/prod/kustomization.yaml", old: "newTag: \"", new: "newTag: \"next-"),
      Change(
        summary: "a flag of the ingress controller (one set for all)", file: "apps/ingress/base/controller.yaml",
        old: "--class=acme", new: "--class=other"),
      Change(summary: "a file that no build reads", file: "README.md", old: "a", new: "b"),
    ]

    func applied(to tree: MemoryTree) throws -> MemoryTree {
      guard case .file(let bytes)? = tree[file] else { throw NotThere(change: self) }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let place = text.firstRange(of: old) else { throw NotThere(change: self) }
      var changed = tree
      changed[file] = .file(Array(text.replacingCharacters(in: place, with: new).utf8))
      return changed
    }
  }

  private struct NotThere: Error, CustomStringConvertible {
    var change: Change
    var description: String { "\(change.file) of the sample has no \(change.old)" }
  }
}
