import Digests
import FleetModel
import Foundation
import GitSource
import Manifests
import Programs
import Rendering

/// A fleet of 1,000 clusters and 50 apps out of a real Git repository: cold, and after commits.
enum FleetBenchmark: Benchmark {
  static let name = "fleet"
  static let summary = "1,000 clusters x 50 apps in a Git repository, from the commit to every manifest set (medians)"
  private static let clusters = 1_000

  static func run() async throws {
    let table = try await FleetTable.measure(clusters: clusters, rounds: 5)
    for row in table { row.show() }
  }
}

/// The same from 100 to 10,000 clusters; with FLOTILLA_BENCH_TABLE=file as comma-separated values too.
enum ScaleBenchmark: Benchmark {
  static let name = "scale"
  static let summary = "the same fleet from 100 to 10,000 clusters (medians)"

  static func run() async throws {
    var lines = ["clusters,what,wall_ms,cpu_ms,memory_mb,rendered,affected"]
    for clusters in [100, 300, 1_000, 3_000, 10_000] {
      Row.print("\(clusters) clusters", "")
      for row in try await FleetTable.measure(clusters: clusters, rounds: 3) {
        row.show()
        lines.append(row.line(clusters))
      }
    }
    guard let file = ProcessInfo.processInfo.environment["FLOTILLA_BENCH_TABLE"] else { return }
    try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
  }
}

/// What each kind of commit costs in a generated fleet.
struct FleetTable {
  struct Line {
    var what: String
    var usage: Usage
    /// Manifest sets that were made, and those that had to be: other sets than there were before.
    var rendered: Int
    var affected: Int

    func show() {
      Row.print(what, Row.milliseconds(usage.wall))
      Row.print("  processor time", Row.milliseconds(usage.processor))
      Row.print("  highest memory", Row.megabytes(usage.memory))
      let ratio = affected == 0 ? rendered == 0 ? 1 : .infinity : Double(rendered) / Double(affected)
      Row.print("  rendered / affected", "\(rendered) / \(affected)" + Row.ratio(ratio))
    }

    func line(_ clusters: Int) -> String {
      let figures = [usage.wall, usage.processor, Double(usage.memory) / 1024].map { String(format: "%.2f", $0) }
      return ([String(clusters), "\"\(what)\""] + figures + [String(rendered), String(affected)]).joined(separator: ",")
    }
  }

  static func measure(clusters: Int, rounds: Int) async throws -> [Line] {
    var fleet = try GeneratedFleet(clusters: clusters)
    defer { fleet.remove() }
    var rows: [Line] = []
    let cache = MemoryRenderCache(bytes: 4 << 30)
    var cold: [Measured] = []
    for _ in 0..<rounds { cold.append(try await measured { try await RenderedFleet(fleet, cache: nil) }) }
    rows.append(row("cold", cold, after: nil))
    rows.append(
      row(
        "cold, and all that was made put into a cache",
        [try await measured { try await RenderedFleet(fleet, cache: cache) }], after: nil))
    var warm: [Measured] = []
    for _ in 0..<rounds { warm.append(try await measured { try await RenderedFleet(fleet, cache: cache) }) }
    rows.append(row("restart with that cache", warm, after: warm.last?.fleet))
    var last = try await RenderedFleet(fleet, cache: nil)
    for change in Change.allCases {
      var runs: [Measured] = []
      var before = last
      for round in 0..<rounds {
        before = last
        try fleet.commit(change.files(round))
        let run = try await measured { [last] in try await RenderedFleet(fleet, after: last, cache: nil) }
        last = run.fleet
        runs.append(run)
      }
      rows.append(row(change.rawValue, runs, after: before))
    }
    return rows
  }

  private struct Measured {
    var fleet: RenderedFleet
    var usage: Usage
  }

  private static func measured(_ body: () async throws -> RenderedFleet) async throws -> Measured {
    let (fleet, usage) = try await Usage.measure(body)
    return Measured(fleet: fleet, usage: usage)
  }

  private static func row(_ what: String, _ runs: [Measured], after before: RenderedFleet?) -> Line {
    let last = runs.last?.fleet
    return Line(
      what: what, usage: runs.map(\.usage).median, rendered: last?.made ?? 0,
      affected: last.map { $0.sets.subtracting(before?.sets ?? []).count } ?? 0)
  }

  /// What a commit changes.
  private enum Change: String, CaseIterable {
    case nothing = "a commit that no app reads"
    case leaf = "one leaf overlay"
    case base = "one base"
    case cluster = "one cluster's values"

    func files(_ round: Int) -> [String: String] {
      switch self {
      case .nothing: ["README.md": "The fleet, \(round).\n"]
      case .leaf:
        [
          "apps/app-01/overlays/prod/kustomization.yaml":
            GeneratedFleet.overlay("app-01", "prod", tag: "1.5.\(round)")
        ]
      case .base: ["apps/app-06/base/deployment.yaml": GeneratedFleet.deployment("app-06", port: 9000 + round)]
      case .cluster: ["clusters/c-00002.yaml": GeneratedFleet.cluster("c-00002", 2, domain: "moved-\(round)")]
      }
    }
  }
}

/// Every app on every cluster at the repository's newest commit.
struct RenderedFleet {
  private let repository: GitRepository
  private let reading: FleetReading
  private let renderer: Renderer
  private let clusters: ClusterList
  private let apps: [String: AppRenders<Digest>]

  init(_ fleet: GeneratedFleet, after previous: RenderedFleet? = nil, cache: (any RenderCache)?) async throws {
    // A hub keeps its repository open, and what it knows of directories.
    let repository = try previous?.repository ?? GitRepository(path: fleet.folder.path)
    try await self.init(
      repository.tree(at: repository.resolve("main")), of: repository, after: previous, cache: cache)
  }

  private init(
    _ tree: any ManifestTree, of repository: GitRepository, after previous: RenderedFleet?, cache: (any RenderCache)?
  ) async throws {
    let reading = FleetReading(of: tree, after: previous?.reading)
    if let error = reading.repository.errors.first { throw error }
    let clusters = ClusterList.of(reading.repository.clusters, after: previous?.clusters)
    let renderer = Renderer(tree: tree, after: previous?.renderer, cache: cache)
    var apps: [String: AppRenders<Digest>] = [:]
    for app in reading.repository.apps {
      apps[app.name] = try await renderer.renders(of: app, on: clusters, after: previous?.apps[app.name]) { $0.digest }
    }
    if let error = apps.values.lazy.flatMap(\.places).compactMap(\.error).first { throw error }
    self.repository = repository
    self.reading = reading
    self.renderer = renderer
    self.clusters = clusters
    self.apps = apps
  }

  /// How many manifest sets had to be made.
  var made: Int { renderer.work.sets.values.reduce(0, +) }

  /// Each app's distinct manifest sets.
  var sets: Set<SetOfApp> {
    Set(apps.flatMap { app in app.value.summaries.map { SetOfApp(app: app.key, digest: $0) } })
  }

  struct SetOfApp: Hashable {
    var app: String
    var digest: Digest
  }
}
