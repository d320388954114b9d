import ArgumentParser
import Charts
import FleetModel
import Manifests
import Programs
import Rendering

/// The options of every command that renders, for charts.
struct ChartOptions: ParsableArguments {
  @Flag(help: "Render Helm charts, with the helm program.") var enableHelm = false

  @Option(help: "The helm program: a path, or a name that is looked for on the PATH.") var helmCommand = "helm"

  @Option(help: "How long helm may take for one chart, such as 30s.", transform: ChartOptions.span)
  var helmTimeout = Helm.defaultDeadline

  /// What renders charts; nil when they are not enabled.
  func inflater() throws(FleetError) -> (any ChartInflater)? {
    guard enableHelm else { return nil }
    guard let program = Helm.find(helmCommand, path: Host.environment["PATH"] ?? "") else {
      throw FleetError(
        .localFile, "there is no program \(helmCommand) on the PATH",
        nextStep: "install Helm, or name it with --helm-command")
    }
    return try Helm(program: program, deadline: helmTimeout, workspaces: Host.environment["TMPDIR"] ?? "/tmp")
  }

  private static func span(_ text: String) throws -> Duration {
    guard let span = Duration(text: text), span > .zero else {
      throw ValidationError("not a span of time such as 30s: \(text)")
    }
    return span
  }
}
