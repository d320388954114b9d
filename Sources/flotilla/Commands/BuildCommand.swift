import ArgumentParser
import FleetModel
import Manifests
import Programs
import Rendering

/// `flotilla build DIR`: one kustomization, as `kustomize build` prints it.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Renders one kustomization directory to YAML on standard output.")
  @Argument(help: "The directory with the kustomization.") var directory = "."
  @OptionGroup var charts: ChartOptions
  @Option(help: "The version of Kubernetes that charts are rendered for.") var helmKubeVersion = ""
  @Option(help: "API versions that charts may use beside Kubernetes' own; can be given several times.")
  var helmApiVersions: [String] = []

  func run() throws {
    let (root, path) = try KustomizationRoot.find(directory)
    let values = try Renderer(tree: FolderTree(root), charts: try charts.inflater()).build(
      directory: path, kubernetes: .init(version: helmKubeVersion, apiVersions: helmApiVersions))
    StandardStreams.print(YAML.emitDocuments(values))
  }
}
