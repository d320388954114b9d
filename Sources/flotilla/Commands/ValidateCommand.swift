import ArgumentParser
import FleetModel
import Manifests
import Programs
import TimeZones

/// `flotilla validate --repo R`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks a fleet repository: every declaration, and every app for every cluster it targets.",
    discussion: "Exit status: 0 when all is well, 1 when something is wrong.")
  @OptionGroup var source: SourceOptions
  @OptionGroup var charts: ChartOptions
  @Flag(help: "Only the declarations: nothing is rendered.") var declarationsOnly = false

  func run() throws {
    let tree = try source.tree()
    let repository = FleetRepository.read(from: tree, isTimeZone: TimeZones.exist(named:))
    var errors = repository.errors
    if !declarationsOnly, repository.fleet != nil {
      let rendering = FleetRendering(repository: repository, tree: tree, charts: try charts.inflater())
      errors += rendering.errors(cluster: nil, app: nil)
    }
    for error in errors { StandardStreams.complain("\(error)") }
    guard errors.isEmpty else {
      StandardStreams.complain("\(counted(errors.count, "error"))")
      throw ExitCode(1)
    }
    let found = [counted(repository.clusters.count, "cluster"), counted(repository.apps.count, "app")]
    StandardStreams.print("\(found.joined(separator: ", ")): no errors")
  }
}
