import AgentCore
import AgentDoubles
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("Whichever file operation fails, the folder is right in the end and never holds half a file")
struct FailingWritesTests {
  /// Applies an app, then changes it, hands an object over to another app, and deletes one.
  private func work(_ target: DirectoryTarget) async throws {
    _ = await target.apply(try Site.app("one"), .enforce)
    _ = await target.apply(try Site.app("two", maps: ["a", "b"]), .enforce)
    _ = await target.apply(try Site.app("two", named: "other", maps: ["c"]), .enforce)
    let owned = (try? await target.owned()) ?? []
    _ = await target.delete(owned.filter { $0.app == "shop" && $0.id.name == "b" })
  }

  /// The last state again, as an agent does that starts anew.
  private func converge(_ target: DirectoryTarget) async throws {
    let desired = [try Site.app("two", maps: ["a"]), try Site.app("two", named: "other", maps: ["c"])]
    for app in desired {
      let outcomes = await target.apply(app, .enforce)
      #expect(!outcomes.words.contains("failed"))
    }
    let wanted = Set(desired.flatMap { app in app.manifests.manifests.map { OwnedObject(app: app.name, id: $0.id) } })
    let left = try await target.owned().filter { !wanted.contains($0) }
    #expect(!(await target.delete(left)).words.contains("failed"))
  }

  private func operations() async throws -> Int {
    try await withTemporaryDirectory { directory in
      let files = FaultyFileSystem(.once(at: .max))
      try await work(Site(directory: directory).target(files: files))
      return files.count
    }
  }

  private func check(_ fault: FaultyFileSystem.Fault) async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      try site.write("mine", to: "notes.txt")
      try await work(site.target(files: FaultyFileSystem(fault)))
      for (path, text) in try site.contents() where path.hasSuffix(".yaml") {
        // A file under its own name is a whole one, of one version or the other.
        #expect(
          text.hasSuffix("text: one\n") || text.hasSuffix("text: two\n") || text.contains("name:"), "\(fault): \(path)")
        #expect(text.contains("kind: ConfigMap") && text.contains("namespace: shop"), "\(fault): \(path): \(text)")
      }
      try await converge(site.target())
      let contents = try site.contents()
      #expect(
        Set(contents.keys) == [
          "notes.txt", ".flotilla-inventory.json", "shop/.flotilla.json", "other/.flotilla.json", Site.path("a"),
          Site.path("c", app: "other"),
        ], "\(fault)")
      #expect(contents["notes.txt"] == "mine")
      #expect(contents[Site.path("a")]?.contains("text: two") == true, "\(fault)")
    }
  }

  @Test("one operation fails: every one in turn")
  func once() async throws {
    let count = try await operations()
    #expect(count > 30)
    for number in 1...count { try await check(.once(at: number)) }
  }

  @Test("everything fails from one operation on, as when the disk or the power goes: from every one in turn")
  func forever() async throws {
    for number in 1...(try await operations()) { try await check(.forever(from: number)) }
  }

  @Test("a write stops in the middle: every write in turn")
  func torn() async throws {
    for number in 1...(try await operations()) { try await check(.torn(at: number)) }
  }
}
