public import Manifests
import Processes
public import Rendering

/// Renders charts with `helm template`, each in a folder of its own that is gone afterwards.
///
/// Helm is told nothing of the host: no configuration, no repositories, no plugins, no cluster, and as the way to the
/// network a proxy that is not there. What a chart depends on has to lie in it.
public struct Helm: ChartInflater {
  public let identity: String
  private let program: String
  private let deadline: Duration
  private let workspaces: String

  /// How long one run may take when nothing else is said: a hundred times what the largest public charts need.
  public static let defaultDeadline: Duration = .seconds(60)
  /// Of what helm complains about, this much of the end is for people to read.
  private static let complaintBytes = 2_000
  /// What `helm version` writes.
  private static let versionBytes = 10_000

  /// Asks the program for its version; throws when it cannot be run, or is no Helm 3 or 4.
  /// - Parameters:
  ///   - program: its path.
  ///   - deadline: for each run.
  ///   - workspaces: a directory in which folders are made for each run.
  public init(program: String, deadline: Duration = defaultDeadline, workspaces: String) throws(FleetError) {
    // Helm runs elsewhere, where a path from here leads somewhere else.
    let program = ChartWorkspace.absolute(program)
    self.program = program
    self.deadline = deadline
    self.workspaces = ChartWorkspace.absolute(workspaces)
    let run = ProgramRun(
      program: program, arguments: ["version", "--short"], deadline: deadline, answerBytes: Helm.versionBytes,
      complaintBytes: Helm.complaintBytes)
    let answer: [UInt8]
    do {
      answer = try run.answer { Task.isCancelled }
    } catch {
      throw FleetError(
        .chartFailed, "the program for charts does not say its version", at: FleetError.Address(file: program),
        cause: error.complaint, nextStep: "name Helm 3 or 4")
    }
    identity = "helm \(try Helm.version(in: String(decoding: answer, as: UTF8.self), of: program))"
  }

  /// The version in `v3.17.3+ge4da497`.
  private static func version(in answer: String, of program: String) throws(FleetError) -> String {
    let version = answer.prefix { !$0.isWhitespace }
    guard version.hasPrefix("v3.") || version.hasPrefix("v4.") else {
      throw FleetError(
        .chartFailed, "not Helm 3 or 4", at: FleetError.Address(file: program),
        cause: "its version is \(version.isEmpty ? "not known" : String(version.prefix(100)))")
    }
    return String(version)
  }

  public func inflate(_ request: ChartRequest, _ pass: ChartPass) throws(FleetError) -> [UInt8] {
    let workspace = try ChartWorkspace(request, in: workspaces)
    defer { workspace.remove() }
    let run = ProgramRun(
      program: program, arguments: Helm.arguments(request, workspace),
      environment: Helm.environment(workspace, pass), directory: workspace.path, deadline: deadline,
      answerBytes: ChartLimits.outputBytes, complaintBytes: Helm.complaintBytes)
    do {
      return try run.answer { Task.isCancelled }
    } catch {
      var failure = error
      failure.complaint = workspace.hidden(in: error.complaint)
      throw Helm.failure(failure, of: request.directory)
    }
  }
}

extension Helm {
  /// Every option in one word with its value, and names after `--`: nothing that a repository says becomes an option.
  private static func arguments(_ request: ChartRequest, _ workspace: ChartWorkspace) -> [String] {
    var words = ["template"]
    if request.releaseName.isEmpty { words.append("--generate-name") }
    if !request.namespace.isEmpty { words.append("--namespace=\(request.namespace)") }
    if !request.nameTemplate.isEmpty { words.append("--name-template=\(request.nameTemplate)") }
    words += workspace.values.map { "--values=\($0)" }
    words += request.apiVersions.map { "--api-versions=\($0)" }
    if !request.kubernetesVersion.isEmpty { words.append("--kube-version=\(request.kubernetesVersion)") }
    if request.includesCRDs { words.append("--include-crds") }
    if request.skipsTests { words.append("--skip-tests") }
    if request.skipsHooks { words.append("--no-hooks") }
    words.append("--")
    if !request.releaseName.isEmpty { words.append(request.releaseName) }
    return words + [workspace.chart]
  }

  private static func environment(_ workspace: ChartWorkspace, _ pass: ChartPass) -> [String] {
    let home = workspace.home
    let nowhere = "http://127.0.0.1:9"
    return ProgramRun.hostEnvironment + [
      "HOME=\(home)", "TMPDIR=\(home)", "HELM_CONFIG_HOME=\(home)/config", "HELM_CACHE_HOME=\(home)/cache",
      "HELM_DATA_HOME=\(home)/data", "HELM_PLUGINS=\(home)/plugins", "HELM_NO_PLUGINS=1",
      "KUBECONFIG=\(home)/kubeconfig",
      "HTTP_PROXY=\(nowhere)", "HTTPS_PROXY=\(nowhere)", "http_proxy=\(nowhere)", "https_proxy=\(nowhere)",
      // 26 hours apart, so that a chart that writes the time of day or the date writes another one each time.
      pass == .first ? "TZ=Etc/GMT-14" : "TZ=Etc/GMT+12",
    ]
  }

  private static func failure(_ failure: ProgramFailure, of chart: TreePath) -> FleetError {
    let message =
      switch failure.reason {
      case .notStarted: "helm cannot be started"
      case .exited: "helm does not render the chart \(chart)"
      case .killed(let signal): "helm was ended by signal \(signal) at the chart \(chart)"
      case .late(let deadline): "helm was not done with the chart \(chart) within \(deadline)"
      case .tooMuch(let bytes): "helm wrote more than \(bytes >> 20) MiB for the chart \(chart)"
      case .abandoned: "nobody waits for helm any longer"
      }
    let isDependency = failure.complaint.contains("missing in charts/")
    return FleetError(
      .chartFailed, message, cause: failure.complaint,
      nextStep: isDependency
        ? "nothing is fetched: run `helm dependency build`, and keep its charts directory in the repository" : "")
  }
}

extension Helm {
  /// Makes a directory for workspaces that nobody else uses, and removes what killed runs have left in it.
  public static func prepareWorkspaces(_ directory: String) throws(FleetError) {
    try ChartWorkspace.prepare(directory)
  }

  /// The path of a program that is named as on a command line; nil when there is none.
  /// - Parameter path: directories with colons between them.
  public static func find(_ command: String, path: String) -> String? {
    if command.contains("/") { return command }
    return path.split(separator: ":").map { "\($0)/\(command)" }.first { ChartWorkspace.isProgram($0) }
  }
}
