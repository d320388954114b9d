import ArgumentParser
import FleetModel
import Manifests
import Programs
import Rendering
import TimeZones

/// `flotilla diff`: what a commit changes, on which clusters.
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows what changes on clusters between two revisions; the same change on many clusters once.",
    discussion: """
      What Secrets hold is masked. Exit status, as diff's: 0 when nothing differs, 1 when something does, 2 for trouble.
      """)
  @Option(help: "The fleet repository.") var repo = "."
  @Option(help: "Two revisions, A..B; without B what lies in the folder, committed or not.") var rev = "HEAD.."
  @Option(help: "Only this cluster.") var cluster: String?
  @Option(help: "Only this app.") var app: String?
  @Option(help: "Only clusters of this environment.") var environment: String?
  @Option(help: "Unchanged lines around each change.") var context = 3
  @Flag(help: "Only how much changes where.") var stat = false
  @OptionGroup var charts: ChartOptions
  @Option(name: .shortAndLong, help: "table, json or yaml.") var output = OutputFormat.table

  func validate() throws {
    guard context >= 0 else { throw ValidationError("--context is a number of lines") }
  }

  func run() async throws {
    let difference = try await FleetComparison(self).difference()
    switch output {
    case .table, .wide:
      let text = stat ? difference.stat.text : difference.text(context: context)
      if !text.isEmpty { StandardStreams.print(text) }
    case .json: StandardStreams.print(JSON.pretty(difference.form(withFields: !stat)))
    case .yaml: StandardStreams.print(YAML.emit(difference.form(withFields: !stat)))
    case .name: for app in difference.apps { StandardStreams.print(app) }
    }
    if !difference.groups.isEmpty { throw ExitCode(1) }
  }
}

/// Renders two revisions of a fleet and compares them.
private struct FleetComparison: Sendable {
  private let before: Side
  private let after: Side
  private let filter: Filter
  private let charts: (any ChartInflater)?

  private struct Side: Sendable {
    let tree: any ManifestTree
    private let declared: [String: AppDeclaration]
    private let members: [String: ClusterDeclaration]

    init(_ tree: any ManifestTree) throws(FleetError) {
      self.tree = tree
      let repository = try FleetComparison.read(tree)
      declared = Dictionary(repository.apps.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
      members = Dictionary(repository.clusters.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    var apps: Set<String> { Set(declared.keys) }
    var clusters: Set<String> { Set(members.keys) }

    func cluster(_ name: String) -> ClusterDeclaration? { members[name] }

    /// nil where the app is not on the cluster.
    func target(_ app: String, _ cluster: ClusterDeclaration?) -> Target? {
      guard let cluster, let app = declared[app], app.targets(cluster) else { return nil }
      return Target(app: app, cluster: cluster)
    }
  }

  private struct Target: Sendable {
    var app: AppDeclaration
    var cluster: ClusterDeclaration
  }

  /// What is compared of it all.
  private struct Filter: Sendable {
    var cluster: String?
    var app: String?
    var environment: String?
  }

  init(_ command: DiffCommand) throws {
    filter = Filter(cluster: command.cluster, app: command.app, environment: command.environment)
    charts = try command.charts.inflater()
    let revisions = try FleetComparison.revisions(command.rev)
    before = try Side(try SourceOptions.tree(command.repo, rev: revisions.before))
    after = try Side(try SourceOptions.tree(command.repo, rev: revisions.after))
  }

  private static func revisions(_ text: String) throws -> (before: String, after: String?) {
    guard let dots = text.firstRange(of: "..") else {
      throw ValidationError("--rev is two revisions, A..B, or A.. for what lies in the folder")
    }
    let (before, after) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
    guard !before.isEmpty, !after.hasPrefix(".") else {
      throw ValidationError("--rev is two revisions, A..B, or A.. for what lies in the folder")
    }
    return (before, after.isEmpty ? nil : after)
  }

  private static func read(_ tree: any ManifestTree) throws(FleetError) -> FleetRepository {
    let repository = FleetRepository.read(from: tree, isTimeZone: TimeZones.exist(named:))
    if let first = repository.errors.first {
      for error in repository.errors.dropFirst() { StandardStreams.complain("error: \(error)") }
      throw first
    }
    return repository
  }

  /// An app on a cluster, before and after.
  private struct Pair: Sendable {
    var app: String
    var place: FleetDifference.Place
    var old: Target?
    var new: Target?
  }

  /// One that differs, or may.
  private struct Rendered: Sendable {
    var pair: Pair
    var old: ManifestSet?
    var new: ManifestSet?
  }

  /// Throws something that does not render, if there is any; a difference from something unknown would be no answer.
  func difference() async throws -> FleetDifference {
    var builder = FleetDifference.Builder()
    let pairs = pairs(&builder)
    let before = Renderer(tree: before.tree, charts: charts)
    // What the second renderer is to find built must be built before there is a second one.
    _ = try await eachPart(pairs) { pairs in
      for case let old? in pairs.map(\.old) { try before.prepare(app: old.app, cluster: old.cluster) }
      return []
    }
    let after = Renderer(tree: after.tree, after: before, charts: charts)
    let rendered = try await eachPart(pairs) { pairs in
      var rendered: [Rendered] = []
      for pair in pairs {
        if let old = pair.old, let new = pair.new, try isUnchanged(old, new, before, after) { continue }
        rendered.append(Rendered(pair: pair, old: try render(pair.old, before), new: try render(pair.new, after)))
      }
      return rendered
    }
    for one in rendered { builder.add(app: one.pair.app, on: one.pair.place, before: one.old, after: one.new) }
    return builder.difference()
  }

  /// How many pairs one task takes at a time: a few milliseconds' worth where nothing has changed.
  private static let partSize = 500

  /// Does something with all pairs, on all cores; the results stand in the order of the pairs.
  private func eachPart(
    _ pairs: [Pair], _ body: @escaping @Sendable (ArraySlice<Pair>) throws -> [Rendered]
  ) async throws -> [Rendered] {
    let starts = stride(from: 0, to: pairs.count, by: FleetComparison.partSize)
    return try await withThrowingTaskGroup(of: (Int, [Rendered]).self) { group in
      for start in starts {
        let part = pairs[start..<min(start + FleetComparison.partSize, pairs.count)]
        group.addTask { (start, try body(part)) }
      }
      var results: [(start: Int, rendered: [Rendered])] = []
      for try await result in group { results.append(result) }
      return results.sorted { $0.start < $1.start }.flatMap(\.rendered)
    }
  }

  private func pairs(_ builder: inout FleetDifference.Builder) -> [Pair] {
    let apps = before.apps.union(after.apps).filter { filter.app == nil || filter.app == $0 }
    var pairs: [Pair] = []
    for name in before.clusters.union(after.clusters).sorted(by: { $0.precedesInBytes($1) }) {
      let (old, new) = (before.cluster(name), after.cluster(name))
      let environment = (new ?? old)?.environment ?? ""
      guard filter.cluster == nil || filter.cluster == name,
        filter.environment == nil || filter.environment == environment
      else { continue }
      let place = FleetDifference.Place(cluster: name, environment: environment)
      builder.note(place)
      for app in apps {
        pairs.append(Pair(app: app, place: place, old: before.target(app, old), new: after.target(app, new)))
      }
    }
    return pairs
  }

  private func isUnchanged(_ old: Target, _ new: Target, _ before: Renderer, _ after: Renderer) throws(FleetError)
    -> Bool
  {
    try after.isUnchanged(
      app: new.app, cluster: new.cluster, since: before, app: old.app, cluster: old.cluster)
  }

  private func render(_ target: Target?, _ renderer: Renderer) throws(FleetError) -> ManifestSet? {
    guard let target else { return nil }
    return try renderer.render(app: target.app, cluster: target.cluster).manifests
  }
}
