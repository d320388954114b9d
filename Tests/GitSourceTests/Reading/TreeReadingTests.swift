import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("Reading the files of a commit")
struct TreeReadingTests {
  private func withRepository(_ body: (Upstream) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in try await body(Upstream("\(directory)/work")) }
  }

  private func tree(_ upstream: Upstream, at commit: CommitID) throws -> CommitTree {
    try GitRepository(path: upstream.path).tree(at: commit)
  }

  private func path(_ text: String) throws -> TreePath { try #require(TreePath(text)) }

  /// The id of a blob with this content.
  private func blob(_ text: String, in upstream: Upstream) async throws -> String {
    try await upstream.git("hash-object", "-w", "--stdin", input: text).trimmingCharacters(in: .newlines)
  }

  @Test("files, executable files, links and directories are what Git says they are")
  func kinds() async throws {
    try await withRepository { upstream in
      try upstream.write(["a.yaml": "a", "run.sh": "#!/bin/sh", "dir/b.yaml": "b"])
      try FileManager.default.createSymbolicLink(
        atPath: "\(upstream.path)/link", withDestinationPath: "../outside/of it")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(upstream.path)/run.sh")
      let tree = try tree(upstream, at: try await upstream.commit())
      let found = try tree.list(.root).map { "\($0.name) \($0.kind)" }
      #expect(found == ["a.yaml file", "dir directory", "link symbolicLink", "run.sh file"])
      #expect(try tree.text("link") == "../outside/of it")
      #expect(try tree.text("run.sh") == "#!/bin/sh")
      #expect(try tree.entry(at: path("link/of it")) == nil)
      #expect(failure { try tree.text("dir") }?.code == .gitPath)
      #expect(failure { try tree.list(path("a.yaml")) }?.code == .gitPath)
      #expect(failure { try tree.text("absent") }?.address.file == "absent")
    }
  }

  @Test("names come in the order of their bytes, directories among them")
  func order() async throws {
    try await withRepository { upstream in
      let commit = try await upstream.commit(["a/x": "1", "a.b": "2", "a-b": "3", "a0": "4", "é": "5", "Z": "6"])
      #expect(try tree(upstream, at: commit).list(.root).map(\.name) == ["Z", "a", "a-b", "a.b", "a0", "é"])
    }
  }

  @Test("a submodule is listed, and what lies in it is an error that says so")
  func submodule() async throws {
    try await withRepository { upstream in
      let blob = try await blob("a", in: upstream)
      let other = String(repeating: "1", count: 40)
      let commit = try await upstream.commitTree("100644 blob \(blob)\ta\n160000 commit \(other)\tsub\n")
      let tree = try tree(upstream, at: commit)
      #expect(try tree.entry(at: path("sub"))?.kind == .submodule)
      #expect(try tree.walk().map(\.kind) == [.file, .submodule])
      #expect(failure { try tree.text("sub") }?.code == .gitSubmodule)
      #expect(failure { try tree.list(path("sub")) }?.code == .gitSubmodule)
      #expect(failure { try tree.entry(at: path("sub/deep/file")) }?.address.file == "sub")
    }
  }

  @Test("a pointer of Git LFS is refused, and a file that only begins like one is read")
  func largeFileStorage() async throws {
    try await withRepository { upstream in
      let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 9\n"
      let commit = try await upstream.commit([
        "a.bin": pointer, "b.txt": pointer + String(repeating: "x", count: 1_024),
      ])
      let tree = try tree(upstream, at: commit)
      let error = failure { try tree.text("a.bin") }
      #expect(error?.code == .gitLFSPointer)
      #expect(error?.address.file == "a.bin")
      #expect(try tree.text("b.txt").hasPrefix("version https"))
    }
  }

  @Test("a name that is not UTF-8 is an error of its directory alone, which shows the name's bytes")
  func names() async throws {
    try await withRepository { upstream in
      let blob = try await blob("a", in: upstream)
      let bad = try await upstream.git("mktree", "--missing", input: "100644 blob \(blob)\t\"b\\377\\n\"\n")
        .trimmingCharacters(in: .newlines)
      let commit = try await upstream.commitTree("100644 blob \(blob)\ta\n040000 tree \(bad)\tbad\n")
      let tree = try tree(upstream, at: commit)
      #expect(try tree.text("a") == "a")
      for error in [failure { try tree.list(path("bad")) }, failure { try tree.walk() }] {
        #expect(error?.code == .gitFileName)
        #expect(error?.address.file == "bad")
        #expect(error?.message.contains(#""b\xff\x0a""#) == true, "\(String(describing: error))")
      }
    }
  }

  @Test("a file of the largest size is read, one byte more is refused with its name")
  func hugeFiles() async throws {
    try await withRepository { upstream in
      for (name, size) in [("fits", TreeLimits.fileBytes), ("huge", TreeLimits.fileBytes + 1)] {
        try Data(count: size).write(to: URL(filePath: "\(upstream.path)/\(name)"))
      }
      let tree = try tree(upstream, at: try await upstream.commit())
      #expect(try tree.read(path("fits")).count == TreeLimits.fileBytes)
      let error = failure { try tree.read(path("huge")) }
      #expect(error?.code == .gitTooLarge)
      #expect(error?.address.file == "huge")
    }
  }

  @Test("directories that lie too deep are refused, and the stack holds")
  func depth() async throws {
    try await withRepository { upstream in
      let deep = String(repeating: "d/", count: 300) + "file"
      let stream = """
        commit refs/heads/main
        committer Ada <ada@example.com> 1700000000 +0000
        data 0
        M 100644 inline \(deep)
        data 1
        x

        """
      try await upstream.git("fast-import", "--quiet", input: stream)
      let commit = try await upstream.id("main")
      #expect(failure { try tree(upstream, at: commit).walk() }?.code == .gitTooLarge)
      let source = try makeSource(of: upstream.location, in: "\(upstream.path)-state")
      #expect(await source.fetch().error?.code == .gitTooLarge)
    }
  }

  @Test("a commit that is not there is an error that names it")
  func missingCommit() async throws {
    try await withRepository { upstream in
      try await upstream.commit(["a": "1"])
      let id = try #require(CommitID(hex: String(repeating: "a", count: 40)))
      #expect(failure { try tree(upstream, at: id) }?.code == .gitCommitMissing)
    }
  }
}
