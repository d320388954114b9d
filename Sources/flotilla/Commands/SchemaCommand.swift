import ArgumentParser
import FleetModel
import Manifests
import Programs

/// `flotilla schema`: what editors check a fleet repository with.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of a fleet repository's files, for editors.",
    discussion: "An editor takes it from a file's first line: # yaml-language-server: $schema=PATH/app.json")
  @Argument(help: "fleet, cluster or app.") var kind: Kind

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case fleet
    case cluster
    case app

    var schema: FleetSchema.Kind {
      switch self {
      case .fleet: .fleet
      case .cluster: .cluster
      case .app: .app
      }
    }
  }

  func run() { StandardStreams.print(JSON.pretty(FleetSchema.schema(of: kind.schema))) }
}
