import Foundation
import GitSource
import TestSupport
import Testing

@Suite("A history that is rewritten")
struct RewrittenHistoryTests {
  @Test("a force-push is followed and recorded, and the commit before it stays readable")
  func forcePush() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      let old = try await upstream.commit(["a": "2"])
      let log = LogBook()
      let source = try makeSource(of: upstream.location, in: "\(directory)/state", log: log)
      _ = await source.fetch()

      try await upstream.git("reset", "--quiet", "--hard", "HEAD~1")
      let new = try await upstream.commit(["a": "3"])
      let advance = try await source.fetch().advance()
      #expect(advance.rewritten)
      #expect(advance.previous == old)
      #expect(advance.commit.id == new)
      #expect(log.text.contains("the history was rewritten"))
      #expect(try source.tree(at: old).text("a") == "2")
    }
  }

  @Test("going back to an older commit is a rewrite, going forward again is not")
  func backAndForth() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let first = try await upstream.commit(["a": "1"])
      let second = try await upstream.commit(["a": "2"])
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      try await upstream.git("reset", "--quiet", "--hard", first.hex)
      let back = try await source.fetch().advance()
      #expect(back.rewritten)
      #expect(back.commit.id == first)
      try await upstream.git("reset", "--quiet", "--hard", second.hex)
      let forth = try await source.fetch().advance()
      #expect(!forth.rewritten)
      #expect(forth.commit.id == second)
    }
  }

  @Test("a repository replaced by an unrelated one counts as rewritten")
  func replaced() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let old = try await upstream.commit(["a": "1"])
      let source = try makeSource(of: upstream.location, in: "\(directory)/state")
      _ = await source.fetch()
      try FileManager.default.removeItem(atPath: upstream.path)
      let other = try await Upstream(upstream.path)
      let new = try await other.commit(["b": "1"])
      let advance = try await source.fetch().advance()
      #expect(advance.rewritten)
      #expect((advance.previous, advance.commit.id) == (old, new))
    }
  }

  @Test("a moved tag is followed")
  func movedTag() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await upstream.git("tag", "--annotate", "--message", "One", "stable")
      let source = try makeSource(of: upstream.location, .tag("stable"), in: "\(directory)/state")
      _ = await source.fetch()
      let next = try await upstream.commit(["a": "2"])
      try await upstream.git("tag", "--force", "--annotate", "--message", "Two", "stable")
      let advance = try await source.fetch().advance()
      #expect(advance.commit.id == next)
      #expect(!advance.rewritten)
    }
  }
}
