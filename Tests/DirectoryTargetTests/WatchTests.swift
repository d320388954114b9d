import AgentCore
import Foundation
import Manifests
import Synchronization
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("A change by hand is heard of", .timeLimit(.minutes(1)))
struct WatchTests {
  /// What the target said, and a way to wait for it.
  private final class Heard: Sendable {
    private let changes = Mutex<[TargetChange]>([])

    func add(_ change: TargetChange) { changes.withLock { $0.append(change) } }
    func forget() { changes.withLock { $0 = [] } }

    /// Returns once it was said; the suite's time limit ends a wait for nothing.
    func wait(for change: TargetChange) async throws {
      while !changes.withLock({ $0.contains(change) }) { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  private func watching(_ body: (Site, Heard) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let target = site.target()
      _ = await target.apply(try Site.app("one"), .enforce)
      let heard = Heard()
      let watch = Task { try await target.watch { heard.add($0) } }
      defer { watch.cancel() }
      try await heard.wait(for: .everything)
      heard.forget()
      try await body(site, heard)
    }
  }

  @Test("an edit and a deletion name the app whose file it was")
  func edits() async throws {
    try await watching { site, heard in
      try site.write("edited", to: Site.path("a"))
      try await heard.wait(for: .drifted(app: "shop"))
      heard.forget()
      try FileManager.default.removeItem(atPath: "\(site.directory)/\(Site.path("b"))")
      try await heard.wait(for: .drifted(app: "shop"))
    }
  }

  @Test("the folder itself vanishing is heard of, and it is watched again once it is back")
  func folderVanishes() async throws {
    try await watching { site, heard in
      try FileManager.default.removeItem(atPath: site.directory)
      try await heard.wait(for: .everything)
      _ = await site.target().apply(try Site.app("one"), .enforce)
      heard.forget()
      try await heard.wait(for: .everything)
      heard.forget()
      try site.write("edited", to: Site.path("a"))
      try await heard.wait(for: .drifted(app: "shop"))
    }
  }
}
