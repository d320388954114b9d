import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("A mirror damaged on disk")
struct DamagedMirrorTests {
  /// The files in the mirror whose path has this in it.
  private func files(_ state: String, containing part: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: state).filter { $0.contains(part) }.map { "\(state)/\($0)" }
  }

  private func isFile(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
  }

  /// Overwrites in place: a reader that has the file mapped meets the damage, and not the end of its mapping.
  private func zero(_ paths: [String]) throws {
    let files = paths.filter(isFile)
    try #require(!files.isEmpty)
    for file in files {
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      let handle = try FileHandle(forUpdating: URL(filePath: file))
      let count = try handle.seekToEnd()
      try handle.seek(toOffset: 0)
      try handle.write(contentsOf: Data(count: Int(count)))
      try handle.close()
    }
  }

  @Test(
    "what was damaged while nobody looked is made anew at the next fetch, and all is there again",
    arguments: ["/objects/", "/refs/", "/HEAD"])
  func betweenRuns(part: String) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commitMany(50)
      let state = "\(directory)/state"
      try await makeSource(of: upstream.location, in: state).fetch().advance()
      try zero(files(state, containing: part))

      let source = try makeSource(of: upstream.location, in: state)
      let update = await source.fetch()
      #expect(update.error == nil, "\(update)")
      #expect(source.inForce == commit)
      #expect(try source.tree(at: commit).walk().count == 50)
      #expect(try source.tree(at: commit).text("apps/group-0/file-49.yaml").contains("object-49"))
    }
  }

  @Test("a damage that a reader meets is an error there, and the next fetch mends it; the commit stays in force")
  func whileRunning() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1", "b/c": "2"])
      let state = "\(directory)/state"
      let log = LogBook()
      let source = try makeSource(of: upstream.location, in: state, log: log)
      _ = await source.fetch()
      #expect(try source.tree(at: commit).text("a") == "1")
      try zero(files(state, containing: "/objects/"))
      #expect(failure { try source.tree(at: commit).text("b/c") }?.code == .gitRepositoryCorrupt)
      let update = await source.fetch()
      #expect(update.error == nil, "\(update)")
      #expect(update.inForce == commit)
      #expect(try source.tree(at: commit).text("b/c") == "2")
    }
  }

  @Test("a damaged mirror and a repository that is away: the error shows, and when it is back all is well")
  func damagedAndAway() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1"])
      let state = "\(directory)/state"
      let source = try makeSource(of: upstream.location, in: state)
      _ = await source.fetch()
      try zero(files(state, containing: "/objects/"))
      try FileManager.default.moveItem(atPath: upstream.path, toPath: "\(directory)/away")
      _ = failure { try source.tree(at: commit).text("a") }
      let update = await source.fetch()
      #expect(update.error?.code == .gitRepositoryMissing)
      #expect(update.inForce == commit)
      try FileManager.default.moveItem(atPath: "\(directory)/away", toPath: upstream.path)
      #expect(await source.fetch().error == nil)
      #expect(try source.tree(at: commit).text("a") == "1")
    }
  }

  @Test("what a killed process left behind is cleared away and does no harm")
  func leftovers() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1"])
      let state = "\(directory)/state"
      try await makeSource(of: upstream.location, in: state).fetch().advance()
      let mirror = try #require(
        try FileManager.default.contentsOfDirectory(atPath: state).first { $0.hasSuffix(".git") })
      let junk = ["HEAD.lock", "refs/heads.lock", "objects/pack/pack_git2_1", "objects/pack/pack-1.idx"]
        .map { "\(state)/\(mirror)/\($0)" }
      for file in junk { try Data("half".utf8).write(to: URL(filePath: file)) }
      try FileManager.default.createDirectory(
        atPath: "\(state)/incoming/objects", withIntermediateDirectories: true)

      let source = try makeSource(of: upstream.location, in: state)
      #expect(source.inForce == commit)
      for file in junk + ["\(state)/incoming"] { #expect(!FileManager.default.fileExists(atPath: file), "\(file)") }
      let next = try await upstream.commit(["a": "2"])
      #expect(await source.fetch().inForce == next)
    }
  }
}
