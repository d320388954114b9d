import Foundation
import Logging
import Manifests
import TestSupport
import Testing

@testable import GitSource

@Suite("The packs of a mirror")
struct PackCompactionTests {
  /// The packs of the mirror in a state directory, with their sizes.
  private func packs(_ state: String) throws -> [String: Int] {
    var packs: [String: Int] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: state) where path.hasSuffix(".pack") {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(state)/\(path)")
      packs[path] = (attributes[.size] as? NSNumber)?.intValue ?? 0
    }
    return packs
  }

  private func mirror(_ state: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: state)
    return "\(state)/\(try #require(names.first { $0.hasSuffix(".git") }))"
  }

  @Test("stay few however many fetches there are, and every commit stays readable, also meanwhile")
  func bounded() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commitMany(300)
      var random = Randomness(seed: 1)
      let noise = Data((0..<100_000).map { _ in UInt8.random(in: .min ... .max, using: &random) })
      try noise.write(to: URL(filePath: "\(upstream.path)/noise"))
      let first = try await upstream.commit()
      let state = "\(directory)/state"
      let source = try makeSource(of: upstream.location, in: state)
      try await source.fetch().advance()
      let large = try #require(try packs(state).first?.key)
      var commits = [first]
      let reader = Task { () async throws -> Int in
        var walks = 0
        while !Task.isCancelled {
          let count = try source.tree(at: first).walk().count
          #expect(count == 301)
          walks += 1
          await Task.yield()
        }
        return walks
      }
      for number in 0..<(GitLimits.packs + 3) {
        commits.append(try await upstream.commit(["n": "\(number)", "folder/\(number)": "\(number)"]))
        #expect(await source.fetch().inForce == commits.last)
      }
      reader.cancel()
      #expect(try await reader.value > 0)
      #expect(try packs(state).count <= 5)
      // What is larger than the others together is not copied again.
      #expect(try packs(state)[large] != nil)
      let again = try GitRepository(path: mirror(state))
      for (number, commit) in commits.dropFirst().enumerated() {
        #expect(try source.tree(at: commit).text("n") == "\(number)")
        #expect(try again.tree(at: commit).text("folder/\(number)") == "\(number)")
      }
      try await Program.run("git", ["-C", mirror(state), "fsck", "--full", "--strict"])
    }
  }

  @Test("those that are larger than all smaller ones together are left alone")
  func choice() {
    func small(_ sizes: Int64...) -> [String] {
      PackCompaction.small(of: sizes.map { ("\($0)", $0) })
    }
    #expect(small(1_000, 1, 2, 3) == ["1", "2", "3"])
    #expect(small(1_000, 900, 1, 2) == ["1", "2"])
    #expect(small(4, 3, 2, 1) == ["1", "2", "3", "4"])
    #expect(small(8, 4, 2, 1) == ["1", "2"])
    // The one that is too large alone goes along when larger ones are not.
    #expect(small(10, 9, 1, 1) == ["1", "1", "9", "10"])
    #expect(small(5) == ["5"])
    #expect(small() == [])
  }

  @Test("a fetch that is stopped while it puts packs together leaves them, and the mirror is not taken for damaged")
  func stopped() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let state = "\(directory)/state"
      let source = try makeSource(of: upstream.location, in: state)
      for number in 0..<4 {
        try await upstream.commit(["n": "\(number)"])
        try await source.fetch().advance()
      }
      let before = try packs(state)
      #expect(before.count == 4)
      let path = try mirror(state)
      let log = LogBook()
      let other = try RepositoryMirror(path: "\(directory)/other", logger: log.logger)
      let operation = NetworkOperation(limits: FetchLimits())
      operation.stop(.deadline)
      try other.compact(path, RepositoryHandle(path: path), operation, moreThan: 2)
      #expect(try packs(state) == before)
      #expect(log.text.contains("stay apart for now"))
      #expect(!other.repository.pool.isDamaged)

      try other.compact(path, RepositoryHandle(path: path), NetworkOperation(limits: FetchLimits()), moreThan: 2)
      #expect(try packs(state).count == 1)
      try await Program.run("git", ["-C", path, "fsck", "--full", "--strict"])
    }
  }

  @Test("a damaged one among the small ones is met when they are put together, and the mirror is made anew")
  func damaged() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let state = "\(directory)/state"
      let source = try makeSource(of: upstream.location, in: state)
      var commits: [CommitID] = []
      for number in 0..<GitLimits.packs {
        commits.append(try await upstream.commit(["n": "\(number)"]))
        try await source.fetch().advance()
      }
      for (path, size) in try packs(state).prefix(1) {
        let file = "\(state)/\(path)"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.write(contentsOf: Data(count: size))
        try handle.close()
      }
      commits.append(try await upstream.commit(["n": "\(GitLimits.packs)"]))
      #expect(await source.fetch().inForce == commits.last)
      #expect(await source.fetch().error == nil)
      for (number, commit) in commits.enumerated() { #expect(try source.tree(at: commit).text("n") == "\(number)") }
    }
  }
}
