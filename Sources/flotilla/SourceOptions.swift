import ArgumentParser
import GitSource
import Manifests

/// The options of every command that reads a fleet repository.
struct SourceOptions: ParsableArguments {
  @Option(help: "The fleet repository: a folder, as it is on disk, unless --rev names a commit.")
  var repo = "."

  @Option(help: "A revision of the repository: a commit, branch or tag.")
  var rev: String?

  /// The files to read.
  func tree() throws(FleetError) -> any ManifestTree { try SourceOptions.tree(repo, rev: rev) }

  /// The files of a revision, or those of the folder where none is named.
  static func tree(_ repo: String, rev: String?) throws(FleetError) -> any ManifestTree {
    guard let rev else {
      guard LocalFile.exists(repo) else {
        throw FleetError(.localFile, "there is no such folder", at: .init(file: repo))
      }
      return FolderTree(repo)
    }
    let repository = try GitRepository(path: repo)
    return try repository.tree(at: try repository.resolve(rev))
  }
}
