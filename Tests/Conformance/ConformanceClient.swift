import ArgumentParser
import Foundation
import Manifests
import Trust

/// The metadata client of the agent, as TUF's conformance suite drives one: its `CLIENT-CLI.md`.
@main
struct ConformanceClient: AsyncParsableCommand {
  enum Action: String, ExpressibleByArgument { case `init`, refresh, download }

  static let configuration = CommandConfiguration(commandName: "flotilla-conformance-client")

  @Option var metadataDir: String
  @Option var metadataUrl: String?
  @Option(parsing: .singleValue) var targetName: [String] = []
  @Option var targetDir: String?
  @Option var targetBaseUrl: String?
  @Argument var action: Action
  @Argument var trustedRoot: String?

  func run() async throws {
    do {
      switch action {
      case .`init`: try initialise()
      case .refresh: _ = try await refreshed()
      case .download: try await download()
      }
    } catch let error as ValidationError {
      throw error
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      throw ExitCode(1)
    }
  }

  private var storage: FolderStorage { FolderStorage(directory: metadataDir) }

  private func initialise() throws {
    guard let trustedRoot else { throw ValidationError("init needs the trusted root") }
    try storage.store(.root, [UInt8](try Data(contentsOf: URL(fileURLWithPath: trustedRoot))))
  }

  private func refreshed() async throws -> TrustedView {
    guard let metadataUrl else { throw ValidationError("--metadata-url is missing") }
    var client = try MetadataClient(restoringPlain: storage)
    _ = try await client.refresh(from: WebSource(base: metadataUrl), at: ReferenceTime.now())
    return client.view
  }

  private func download() async throws {
    guard let targetDir, let targetBaseUrl else {
      throw ValidationError("--target-dir or --target-base-url is missing")
    }
    let view = try await refreshed()
    for name in targetName {
      guard let file = view.targets?.file(at: name) else {
        throw FleetError(.contentMismatch, "no such target", at: .init(file: name))
      }
      let target = Target(name: name, file: file, isPrefixed: view.root.hasVersionedFiles)
      try await target.download(from: targetBaseUrl, to: targetDir)
    }
  }
}
