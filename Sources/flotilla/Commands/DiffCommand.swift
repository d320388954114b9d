import ArgumentParser
import FleetModel
import Manifests
import Programs
import Rendering
import TimeZones

/// `flotilla diff`: what a commit changes, on which clusters.
struct DiffCommand: ParsableCommand {
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

  func run() throws {
    let difference = try FleetComparison(self).difference()
    switch output {
    case .table, .wide:
      let text = stat ? difference.statText : difference.text(context: context)
      if !text.isEmpty { StandardStreams.print(text) }
    case .json: StandardStreams.print(JSON.pretty(difference.form(withFields: !stat)))
    case .yaml: StandardStreams.print(YAML.emit(difference.form(withFields: !stat)))
    case .name: for app in difference.apps { StandardStreams.print(app) }
    }
    if !difference.groups.isEmpty { throw ExitCode(1) }
  }
}

/// Renders two revisions of a fleet and compares them.
private struct FleetComparison {
  private let before: Side
  private let after: Side
  private let command: DiffCommand
  private let charts: (any ChartInflater)?

  private struct Side {
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

  private struct Target {
    var app: AppDeclaration
    var cluster: ClusterDeclaration
  }

  init(_ command: DiffCommand) throws {
    self.command = command
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
  private struct Pair {
    var app: String
    var place: FleetDifference.Place
    var old: Target?
    var new: Target?
  }

  /// Throws the first thing that does not render; a difference from something unknown would be no answer.
  func difference() throws -> FleetDifference {
    var builder = FleetDifference.Builder()
    let pairs = pairs(&builder)
    let before = Renderer(tree: before.tree, charts: charts)
    // What the second renderer is to find built must be built before there is a second one.
    for case let old? in pairs.map(\.old) { try before.prepare(app: old.app, cluster: old.cluster) }
    let after = Renderer(tree: after.tree, after: before, charts: charts)
    for pair in pairs {
      if let old = pair.old, let new = pair.new, try isUnchanged(old, new, before, after) { continue }
      builder.add(
        app: pair.app, on: pair.place, before: try render(pair.old, before), after: try render(pair.new, after))
    }
    return builder.difference()
  }

  private func pairs(_ builder: inout FleetDifference.Builder) -> [Pair] {
    let apps = before.apps.union(after.apps).filter { command.app == nil || command.app == $0 }
    var pairs: [Pair] = []
    for name in before.clusters.union(after.clusters).sorted(by: { $0.precedesInBytes($1) }) {
      let (old, new) = (before.cluster(name), after.cluster(name))
      let environment = (new ?? old)?.environment ?? ""
      guard command.cluster == nil || command.cluster == name,
        command.environment == nil || command.environment == environment
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
