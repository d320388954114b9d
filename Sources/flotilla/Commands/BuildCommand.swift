import ArgumentParser
import Manifests
import Programs
import Rendering

/// `flotilla build DIR`: one kustomization, as `kustomize build` prints it.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Renders one kustomization directory to YAML on standard output.")
  @Argument(help: "The directory with the kustomization.") var directory = "."

  func run() throws {
    let (root, path) = try KustomizationRoot.find(directory)
    let values = try Renderer(tree: FolderTree(root)).build(directory: path)
    StandardStreams.print(YAML.emitDocuments(values))
  }
}
