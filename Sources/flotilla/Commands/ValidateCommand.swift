import ArgumentParser
import FleetModel
import Manifests
import Programs
import TimeZones

/// `flotilla validate --repo R`.
struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks a fleet repository: every declaration, and every app for every cluster it targets.",
    discussion: """
      An error that clusters share is told once, with one of them. Exit status: 0 when all is well, 1 when something is
      wrong.
      """)
  @OptionGroup var source: SourceOptions
  @OptionGroup var charts: ChartOptions
  @Flag(help: "Only the declarations: nothing is rendered.") var declarationsOnly = false
  @Flag(help: "Warnings are errors.") var strict = false

  func run() async throws {
    let tree = try source.tree()
    let repository = FleetRepository.read(from: tree, isTimeZone: TimeZones.exist(named:))
    var mistakes = FleetRendering.Mistakes(errors: repository.errors)
    if !declarationsOnly, repository.fleet != nil {
      let rendering = FleetRendering(repository: repository, tree: tree, charts: try charts.inflater())
      let found = try await rendering.mistakes()
      mistakes.errors += found.errors
      mistakes.warnings = found.warnings
    }
    if strict { (mistakes.errors, mistakes.warnings) = (mistakes.errors + mistakes.warnings, []) }
    try report(mistakes, repository)
  }

  private func report(_ mistakes: FleetRendering.Mistakes, _ repository: FleetRepository) throws {
    let errors = mistakes.errors
    for warning in mistakes.warnings { StandardStreams.complain("warning: \(warning)") }
    for error in errors { StandardStreams.complain("\(error)") }
    guard errors.isEmpty else {
      StandardStreams.complain("\(counted(errors.count, "error"))")
      throw ExitCode(1)
    }
    let found = [counted(repository.clusters.count, "cluster"), counted(repository.apps.count, "app")]
    let warned = mistakes.warnings.isEmpty ? "" : ", \(counted(mistakes.warnings.count, "warning"))"
    StandardStreams.print("\(found.joined(separator: ", ")): no errors\(warned)")
  }
}
