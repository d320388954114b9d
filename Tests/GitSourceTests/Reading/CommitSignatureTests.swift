import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("Signatures of commits")
struct CommitSignatureTests {
  /// Signs what is staged with an ssh key, as `git commit -S` does.
  private func signedCommit(_ upstream: Upstream, key: String, _ message: String) async throws -> CommitID {
    try await upstream.git(
      "-c", "gpg.format=ssh", "-c", "user.signingkey=\(key)", "commit", "--quiet", "--allow-empty", "-S", "--message",
      message)
    return try await upstream.id("HEAD")
  }

  private func withSignedCommit(
    _ message: String = "Signed", _ body: (GitCommit, String) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await Program.run(
        "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "\(directory)/key"])
      let publicKey = try String(contentsOfFile: "\(directory)/key.pub", encoding: .utf8)
      try Data("ada@example.com \(publicKey)".utf8).write(to: URL(filePath: "\(directory)/allowed"))
      let id = try await signedCommit(upstream, key: "\(directory)/key", message)
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      #expect(await source.fetch().inForce == id)
      try await body(try source.commit(id), directory)
    }
  }

  private func verify(_ signature: GitCommit.Signature, in directory: String) async throws {
    try Data(signature.armored).write(to: URL(filePath: "\(directory)/signature"))
    try await Program.run(
      "ssh-keygen",
      [
        "-Y", "verify", "-f", "\(directory)/allowed", "-I", "ada@example.com", "-n", "git", "-s",
        "\(directory)/signature",
      ], input: String(decoding: signature.payload, as: UTF8.self))
  }

  @Test("ssh-keygen verifies what a commit carries", arguments: ["Signed", "Gr\u{fc}\u{df}e\n\nTwo\n\nparagraphs: x"])
  func verifies(message: String) async throws {
    try await withSignedCommit(message) { commit, directory in
      let signature = try #require(commit.signature)
      #expect(String(decoding: signature.armored, as: UTF8.self).hasPrefix("-----BEGIN SSH SIGNATURE-----"))
      try await verify(signature, in: directory)
    }
  }

  @Test("the payload is the commit without its signature, and no other one verifies")
  func tampered() async throws {
    try await withSignedCommit { commit, directory in
      let signature = try #require(commit.signature)
      let lines = String(decoding: commit.raw, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let isSignature = { (line: Substring) in line.hasPrefix("gpgsig ") || line.hasPrefix(" ") }
      let header = lines.prefix { !$0.isEmpty }
      let rest = (header.filter { !isSignature($0) } + lines.dropFirst(header.count)).joined(separator: "\n")
      #expect(String(decoding: signature.payload, as: UTF8.self) == rest)

      let other = rest.replacing("ada@example.com", with: "eve@example.com")
      let forged = GitCommit.Signature(armored: signature.armored, payload: Array(other.utf8))
      await #expect(throws: Program.Failure.self) { try await verify(forged, in: directory) }
    }
  }

  @Test("a commit that nobody signed has none")
  func unsigned() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let id = try await upstream.commit(["a": "1"], "gpgsig -----BEGIN SSH SIGNATURE-----")
      #expect(try GitRepository(path: upstream.path).commit(id).signature == nil)
    }
  }
}
