import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("What changed between two commits")
struct TreeChangesTests {
  private func withRepository(_ body: (Upstream, GitRepository) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await body(upstream, GitRepository(path: upstream.path))
    }
  }

  /// The changes as `git diff --name-status` writes them.
  private func lines(_ changes: TreeChanges) -> [String] {
    changes.changes.map { change in
      let letter =
        switch change.kind {
        case .added: "A"
        case .removed: "D"
        case .modified: "M"
        }
      return "\(letter) \(change.path)"
    }
  }

  private func lines(_ repository: GitRepository, from old: CommitID, to new: CommitID) throws -> [String] {
    lines(try repository.changes(from: old, to: new))
  }

  /// What git itself says, a changed type being a modification.
  private func expected(_ upstream: Upstream, _ old: CommitID, _ new: CommitID) async throws -> [String] {
    try await upstream.git("diff-tree", "-r", "-z", "--no-renames", "--name-status", old.hex, new.hex)
      .split(separator: "\0").map { $0 == "T" ? "M" : String($0) }.chunkedInPairs.map { "\($0) \($1)" }
  }

  private func remove(_ path: String, _ upstream: Upstream) throws {
    try FileManager.default.removeItem(atPath: "\(upstream.path)/\(path)")
  }

  @Test("files that are added, changed and removed, also in folders, and a folder that vanishes")
  func contents() async throws {
    try await withRepository { upstream, repository in
      let old = try await upstream.commit([
        "same": "1", "changed": "1", "gone": "1", "deep/a/b/c": "1", "deep/same": "1", "folder/x": "1",
        "folder/sub/y": "1",
      ])
      for path in ["gone", "folder"] { try remove(path, upstream) }
      let new = try await upstream.commit(["changed": "2", "deep/a/b/c": "2", "deep/a/new": "1", "more/of/it": "1"])
      #expect(
        try lines(repository, from: old, to: new) == [
          "M changed", "M deep/a/b/c", "A deep/a/new", "D folder/sub/y", "D folder/x", "D gone", "A more/of/it",
        ])
      #expect(
        try lines(repository, from: new, to: old) == [
          "M changed", "M deep/a/b/c", "D deep/a/new", "A folder/sub/y", "A folder/x", "A gone", "D more/of/it",
        ])
      #expect(try lines(repository, from: old, to: old).isEmpty)
    }
  }

  @Test("a renamed file is one removed and one added")
  func rename() async throws {
    try await withRepository { upstream, repository in
      let old = try await upstream.commit(["apps/shop/old.yaml": "the very same content"])
      try await upstream.git("mv", "apps/shop/old.yaml", "apps/new.yaml")
      let new = try await upstream.commit()
      #expect(try lines(repository, from: old, to: new) == ["A apps/new.yaml", "D apps/shop/old.yaml"])
    }
  }

  @Test("a file that becomes executable, a link or a folder with the same content has changed")
  func modes() async throws {
    try await withRepository { upstream, repository in
      let old = try await upstream.commit(["run": "x", "link": "x", "folder": "x", "folder.d": "x"])
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(upstream.path)/run")
      for path in ["link", "folder"] { try remove(path, upstream) }
      try FileManager.default.createSymbolicLink(atPath: "\(upstream.path)/link", withDestinationPath: "x")
      let new = try await upstream.commit(["folder/x": "x"])
      let changes = try repository.changes(from: old, to: new)
      #expect(lines(changes) == ["D folder", "A folder/x", "M link", "M run"])
      #expect(try await expected(upstream, old, new) == lines(changes))
    }
  }

  @Test("a submodule that is added, moved on and removed is one entry, for nothing of it is here")
  func submodule() async throws {
    try await withRepository { upstream, repository in
      func commit(_ module: Character?) async throws -> CommitID {
        try await upstream.commitTree(module.map { "160000 commit \(String(repeating: $0, count: 40))\tsub\n" } ?? "")
      }
      let (none, first, second) = (try await commit(nil), try await commit("1"), try await commit("2"))
      #expect(try lines(repository, from: none, to: first) == ["A sub"])
      #expect(try lines(repository, from: first, to: second) == ["M sub"])
      #expect(try lines(repository, from: second, to: none) == ["D sub"])
    }
  }

  @Test("a name that no path can have is told apart, so that nothing changes unseen")
  func unusableNames() async throws {
    try await withRepository { upstream, repository in
      let blob = try await upstream.git("hash-object", "-w", "--stdin", input: "a").trimmingCharacters(in: .newlines)
      let old = try await upstream.commitTree("")
      let new = try await upstream.commitTree("100644 blob \(blob)\t\"b\\377\"\n100644 blob \(blob)\tc\n")
      let changes = try repository.changes(from: old, to: new)
      #expect(lines(changes) == ["A c"])
      #expect(changes.unusableNames == [#"b\xff"#])
    }
  }

  @Test("random edits are what git itself finds")
  func random() async throws {
    try await withRepository { upstream, repository in
      var random = Randomness("changes between commits")
      let names = ["a", "a.b", "a-b", "a0", "b", "B", "\u{e9}"]
      var commits = [try await upstream.commit(["first": "1"])]
      for number in 0..<25 {
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in names.randomElement(using: &random) ?? "" }
          try edit(parts.joined(separator: "/"), "\(number % 4)", in: upstream, using: &random)
        }
        commits.append(try await upstream.commit())
      }
      for _ in 0..<25 {
        let (old, new) = (commits.randomElement(using: &random), commits.randomElement(using: &random))
        let (from, to) = (try #require(old), try #require(new))
        let found = try lines(repository, from: from, to: to)
        #expect(try await expected(upstream, from, to) == found, "seed \(random.seed)")
      }
    }
  }

  /// Writes, or removes, a file or folder; what stands in its way goes.
  private func edit(_ path: String, _ text: String, in upstream: Upstream, using random: inout Randomness) throws {
    var above = ""
    for part in path.split(separator: "/") {
      above += "/\(part)"
      var isFolder: ObjCBool = false
      let place = upstream.path + above
      let isThere = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
      if isThere, !isFolder.boolValue || above == "/\(path)" { try FileManager.default.removeItem(atPath: place) }
    }
    if Int.random(in: 0..<4, using: &random) > 0 { try upstream.write([path: text]) }
  }
}

extension [String] {
  fileprivate var chunkedInPairs: [(String, String)] {
    stride(from: 0, to: count - 1, by: 2).map { (self[$0], self[$0 + 1]) }
  }
}
