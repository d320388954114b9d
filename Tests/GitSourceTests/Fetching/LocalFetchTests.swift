import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("Fetching from a path")
struct LocalFetchTests {
  @Test("the first fetch brings the branch's commit and its files", arguments: ["", "file://"])
  func firstFetch(prefix: String) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["apps/shop.yaml": "kind: App\n"])
      let source = try makeSource(of: RepositoryLocation(prefix + upstream.path), in: "\(directory)/state")
      #expect(source.inForce == nil)

      let update = await source.fetch()
      let advance = try update.advance()
      #expect(advance.commit.id == commit)
      #expect(advance.previous == nil)
      #expect(!advance.rewritten)
      #expect(update.inForce == commit)
      #expect(try source.tree(at: commit).text("apps/shop.yaml") == "kind: App\n")
    }
  }

  @Test("a look that finds nothing new says so, and the next commit is found")
  func nextCommit() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let first = try await upstream.commit(["a": "1"])
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      let quiet = await source.fetch()
      #expect(quiet.isUnchanged)
      #expect(quiet.inForce == first)

      let second = try await upstream.commit(["a": "2", "b": "new"])
      let update = try await source.fetch().advance()
      #expect(update.commit.id == second)
      #expect(update.previous == first)
      #expect(!update.rewritten)
      #expect(try source.tree(at: first).text("a") == "1")
      #expect(try source.tree(at: second).text("a") == "2")
    }
  }

  @Test("only what the reference needs is copied")
  func otherBranchesStayAway() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await upstream.git("checkout", "--quiet", "-b", "other")
      let other = try await upstream.commit(["b": "2"])
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      #expect(failure { try source.commit(other) }?.code == .gitCommitMissing)
    }
  }

  @Test("tags, annotated tags, full names and the default branch lead to their commit")
  func references() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let first = try await upstream.commit(["a": "1"])
      try await upstream.git("tag", "light")
      try await upstream.git("tag", "--annotate", "--message", "Release", "annotated")
      try await upstream.git("tag", "--annotate", "--message", "Tag of a tag", "twice", "annotated")
      try await upstream.git("update-ref", "refs/pull/7/head", "HEAD")
      let second = try await upstream.commit(["a": "2"])
      let expected: [(GitReference, CommitID)] = [
        (.tag("light"), first), (.tag("annotated"), first), (.tag("twice"), first), (.full("refs/pull/7/head"), first),
        (.defaultBranch, second), (.branch("main"), second),
      ]
      for (index, (reference, commit)) in expected.enumerated() {
        let source = try makeSource(of: upstream.location, reference, in: "\(directory)/state-\(index)")
        #expect(await source.fetch().inForce == commit, "\(reference)")
        #expect(await source.fetch().isUnchanged, "\(reference)")
      }
    }
  }

  @Test("a tag that names no commit is an error")
  func tagOfATree() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await upstream.git("tag", "files", "HEAD^{tree}")
      let source = try makeSource(of: upstream.location, .tag("files"), in: "\(directory)/state")
      #expect(await source.fetch().error?.code == .gitReferenceMissing)
    }
  }

  @Test("a branch that does not exist is an error that names those that do")
  func branchMissing() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await upstream.git("branch", "prod")
      let source = try makeSource(of: upstream.location, .branch("production"), in: "\(directory)/state")
      let error = await source.fetch().error
      #expect(error?.code == .gitReferenceMissing)
      #expect(error?.nextStep == "its branches: main, prod")
    }
  }

  @Test("a branch that vanishes leaves its last commit in force and readable")
  func branchVanishes() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1"])
      try await upstream.git("checkout", "--quiet", "-b", "other")
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      try await upstream.git("branch", "--delete", "--force", "main")
      let update = await source.fetch()
      #expect(update.error?.code == .gitReferenceMissing)
      #expect(update.inForce == commit)
      #expect(try source.tree(at: commit).text("a") == "1")
    }
  }

  @Test("a repository that vanishes and comes back: the commit stays in force, then work goes on")
  func repositoryVanishes() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let first = try await upstream.commit(["a": "1"])
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      try FileManager.default.moveItem(atPath: upstream.path, toPath: "\(directory)/away")
      for _ in 0..<3 {
        let update = await source.fetch()
        #expect(update.error?.code == .gitRepositoryMissing)
        #expect(update.inForce == first)
      }
      try FileManager.default.moveItem(atPath: "\(directory)/away", toPath: upstream.path)
      #expect(await source.fetch().isUnchanged)
      let second = try await upstream.commit(["a": "2"])
      #expect(await source.fetch().inForce == second)
    }
  }

  @Test("the commit in force outlives the process, also when the repository is gone by then")
  func restart() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1"])
      try await makeSource(of: upstream.location, in: "\(directory)/state").fetch().advance()
      try FileManager.default.removeItem(atPath: upstream.path)
      let second = try makeSource(of: upstream.location, in: "\(directory)/state")
      #expect(second.inForce == commit)
      #expect(try second.tree(at: commit).text("a") == "1")
      #expect(await second.fetch().inForce == commit)
    }
  }

  @Test("a state directory belongs to one source at a time")
  func exclusive() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let location = try upstream.location
      let first = try makeSource(of: location, in: "\(directory)/state")
      #expect(failure { try makeSource(of: location, in: "\(directory)/state") }?.code == .gitStateDirectory)
      withExtendedLifetime(first) {}
    }
  }

  @Test("an empty repository is an error that says so")
  func empty() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let error = try await makeSource(of: upstream.location, in: "\(directory)/state").fetch().error
      #expect(error?.code == .gitReferenceMissing)
      #expect(error?.nextStep == "it has no branches")
    }
  }

  @Test("a fetch that would bring too much is refused, and the commit before it stays")
  func limits() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let small = try await upstream.commit(["a": "1"])
      var limits = FetchLimits()
      limits.objects = 100
      let source = try makeSource(of: upstream.location, in: "\(directory)/state", limits: limits)
      _ = await source.fetch()
      try await upstream.commitMany(200)
      let update = await source.fetch()
      #expect(update.error?.code == .gitTooLarge)
      #expect(update.inForce == small)
    }
  }
}
