import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("A repository of 10,000 files")
struct LargeRepositoryTests {
  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test("is fetched, walked and read as git itself lists it, and one change in it is found")
  func tenThousand() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commitMany(10_000)
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      #expect(await source.fetch().inForce == commit)

      let listed = try await upstream.git("ls-tree", "-r", "--format=%(objectname) %(path)", commit.hex)
      let walked = try source.tree(at: commit).walk().map { "\(hexadecimal($0.contentID.bytes)) \($0.path)\n" }
      #expect(walked.count == 10_000)
      #expect(walked.joined() == listed)
      let tree = try source.tree(at: commit)
      for index in stride(from: 0, to: 10_000, by: 97) {
        #expect(try tree.text("apps/group-\(index / 100)/file-\(index).yaml").hasPrefix("name: object-\(index)\n"))
      }

      let next = try await upstream.commit(["apps/group-42/file-4242.yaml": "name: changed\n"])
      #expect(await source.fetch().inForce == next)
      let before = Set(try tree.walk())
      let changed = Set(try source.tree(at: next).walk()).subtracting(before)
      #expect(changed.map(\.path.description) == ["apps/group-42/file-4242.yaml"])
    }
  }

  @Test("is read by many tasks at once while commits come in")
  func concurrent() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commitMany(1_000)
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<5 {
              let tree = try source.tree(at: commit)
              #expect(try tree.walk().count == 1_000)
              #expect(try tree.text("apps/group-9/file-999.yaml").contains("object-999"))
            }
          }
        }
        for number in 0..<5 {
          let next = try await upstream.commit(["new-\(number)": "x"])
          #expect(await source.fetch().inForce == next)
        }
        try await group.waitForAll()
      }
    }
  }
}
