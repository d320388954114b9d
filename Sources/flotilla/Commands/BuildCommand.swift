import ArgumentParser
import FleetModel
import Manifests
import Programs
import Rendering

/// `flotilla build DIR`: one kustomization, as `kustomize build` prints it.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Renders one kustomization directory to YAML, as kustomize build does.")
  @Argument(help: "The directory with the kustomization.") var directory = "."
  @Option(
    help: ArgumentHelp(
      "Which files a kustomization may name: those in or below its own directory, or any.",
      valueName: LoadRestriction.allCases.map(\.rawValue).joined(separator: "|")),
    transform: BuildCommand.restriction)
  var loadRestrictor = LoadRestriction.rootOnly
  @Option(
    name: .shortAndLong,
    help: "A file to write, or a directory that is there: it gets one file for each object. Standard output otherwise.")
  var output: String?
  @OptionGroup var charts: ChartOptions
  @Option(help: "The version of Kubernetes that charts are rendered for.") var helmKubeVersion = ""
  @Option(help: "API versions that charts may use beside Kubernetes' own; can be given several times.")
  var helmApiVersions: [String] = []

  func run() throws {
    let (root, path) = try KustomizationRoot.find(directory)
    let values = try Renderer(tree: FolderTree(root), charts: try charts.inflater()).build(
      directory: path, restriction: loadRestrictor,
      kubernetes: .init(version: helmKubeVersion, apiVersions: helmApiVersions))
    guard let output else { return StandardStreams.print(YAML.emitDocuments(values)) }
    guard LocalFile.isFolder(output) else { return try LocalFile.write(output, YAML.emitDocuments(values)) }
    for (name, value) in ObjectFiles.named(values) { try LocalFile.write("\(output)/\(name)", YAML.emit(value)) }
  }

  private static func restriction(_ text: String) throws -> LoadRestriction {
    guard let known = LoadRestriction(rawValue: text) else {
      throw ValidationError("write \(LoadRestriction.allCases.map(\.rawValue).joined(separator: " or "))")
    }
    return known
  }
}
