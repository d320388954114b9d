import Foundation
import GitSource

/// A repository that somebody works in, made and changed with the `git` program.
struct Upstream: Sendable {
  let path: String

  static let person = [
    "GIT_AUTHOR_NAME": "Ada Lovelace", "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Charles Babbage", "GIT_COMMITTER_EMAIL": "charles@example.com",
  ]

  /// A new repository with a branch `main` and no commit yet.
  init(_ path: String) async throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try await git("init", "--quiet", "--initial-branch=main")
    try await git("config", "uploadpack.allowAnySHA1InWant", "false")
  }

  var location: RepositoryLocation {
    get throws { try RepositoryLocation(path) }
  }

  @discardableResult
  func git(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> String {
    try await Program.run(
      "git", arguments, in: path, environment: Self.person.merging(environment) { $1 }, input: input)
  }

  func write(_ files: [String: String]) throws {
    for (name, text) in files {
      let file = URL(filePath: "\(path)/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  @discardableResult
  func commit(_ files: [String: String] = [:], _ message: String = "Change") async throws -> CommitID {
    try write(files)
    try await git("add", "--all")
    try await git("commit", "--quiet", "--allow-empty", "--message", message)
    return try await id("HEAD")
  }

  /// Commits a tree that no working copy could have, given as lines of `git mktree`.
  @discardableResult
  func commitTree(_ lines: String) async throws -> CommitID {
    let tree = try await git("mktree", "--missing", input: lines)
    let commit = try await git("commit-tree", "-m", "Change", tree.trimmingCharacters(in: .newlines))
    try await git("update-ref", "refs/heads/main", commit.trimmingCharacters(in: .newlines))
    return try await id("refs/heads/main")
  }

  func id(_ revision: String) async throws -> CommitID {
    let text = try await git("rev-parse", "\(revision)^{commit}").trimmingCharacters(in: .newlines)
    guard let id = CommitID(hex: text) else { throw Program.Failure(description: "no commit id: \(text)") }
    return id
  }

  /// Commits `count` files in folders of a hundred, in one go.
  @discardableResult
  func commitMany(_ count: Int, bytesEach: Int = 40) async throws -> CommitID {
    var stream = "commit refs/heads/main\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata 4\nMany\n"
    for index in 0..<count {
      let line = "name: object-\(index)\n"
      let text = String(repeating: line, count: max(1, bytesEach / line.utf8.count))
      stream += "M 100644 inline apps/group-\(index / 100)/file-\(index).yaml\ndata \(text.utf8.count)\n\(text)\n"
    }
    try await git("fast-import", "--quiet", "--force", input: stream)
    try await git("reset", "--quiet", "--hard", "main")
    return try await id("main")
  }
}
