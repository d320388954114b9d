import ArgumentParser
import FleetModel
import Manifests
import Programs
import TimeZones

/// `flotilla render`: what clusters would run.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Renders a fleet repository: what every cluster would run, to standard output or into a folder.",
    discussion: "Exit status: 0 when all is well, 1 when something does not render.")
  @OptionGroup var source: SourceOptions
  @OptionGroup var charts: ChartOptions
  @Option(help: "Only this cluster.") var cluster: String?
  @Option(help: "Only this app.") var app: String?
  @Option(name: .shortAndLong, help: "A folder to write CLUSTER/APP.yaml files into.") var output: String?

  @Flag(name: .shortAndLong, help: "Says nothing of how far it is.") var quiet = false

  func run() throws {
    let tree = try source.tree()
    let repository = FleetRepository.read(from: tree, isTimeZone: TimeZones.exist(named:))
    for error in repository.errors { StandardStreams.complain("\(error)") }
    let rendering = FleetRendering(repository: repository, tree: tree, charts: try charts.inflater())
    let outcomes = outcomes(rendering)
    var failed = !repository.errors.isEmpty
    for outcome in outcomes {
      switch outcome.result {
      case .success(let manifests): try write(manifests, outcome)
      case .failure(let error):
        failed = true
        StandardStreams.complain("\(error)")
      }
    }
    if outcomes.isEmpty && !failed { StandardStreams.complain("nothing to render: no app targets such a cluster") }
    if failed || outcomes.isEmpty { throw ExitCode(1) }
  }

  private func outcomes(_ rendering: FleetRendering) -> [FleetRendering.Outcome] {
    guard !quiet else { return rendering.render(cluster: cluster, app: app) }
    let began = ContinuousClock.now
    var line = ProgressLine("apps rendered", isTerminal: Terminal.showsErrors)
    let outcomes = rendering.render(cluster: cluster, app: app) { done, total in
      let seconds = Double((ContinuousClock.now - began).inMilliseconds) / 1000
      if let text = line.text(done: done, of: total, at: seconds) { StandardStreams.mutter(text) }
    }
    if let text = line.end() { StandardStreams.mutter(text) }
    return outcomes
  }

  private func write(_ manifests: ManifestSet, _ outcome: FleetRendering.Outcome) throws {
    let yaml = YAML.emitDocuments(manifests.manifests.map(\.value))
    guard let output else {
      StandardStreams.print("# \(outcome.cluster) / \(outcome.app)\n---")
      StandardStreams.print(yaml)
      return
    }
    try LocalFile.makeFolder("\(output)/\(outcome.cluster)")
    try LocalFile.write("\(output)/\(outcome.cluster)/\(outcome.app).yaml", yaml)
  }
}
