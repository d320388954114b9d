import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

extension OneAtATime {
  @Suite("A commit that is not followed can be looked at")
  struct VisitTests {
    private func check(
      _ source: GitSource, _ upstream: Upstream
    ) async throws {
      let followed = try await source.fetch().advance().commit.id
      try await upstream.git("checkout", "--quiet", "-b", "topic/one")
      let first = try await upstream.commit(["a": "2"])
      let second = try await upstream.commit(["a": "3"])
      try await upstream.git("tag", "v2")
      try await upstream.git("checkout", "--quiet", "-")

      // By its id while it is a tip, by its names, and then by anything that leads there.
      #expect(try await source.visit(second.hex) == second)
      #expect(try await source.visit("topic/one") == second)
      #expect(try await source.visit("v2") == second)
      #expect(try await source.visit("refs/heads/topic/one") == second)
      #expect(try await source.visit(first.hex) == first)
      #expect(try await source.visit("\(second.hex.prefix(12))~1") == first)
      #expect(try source.tree(at: second).text("a") == "3")
      #expect(try await source.visit("HEAD") == followed)
      for name in ["topic", "nothing", String(repeating: "0", count: 40), "-x", "refs/../x", ""] {
        let refused = await #expect(throws: FleetError.self) { try await source.visit(name) }
        #expect(refused?.code == .gitReferenceMissing, "\(name)")
      }

      #expect(source.inForce == followed)
      #expect(await source.fetch().isUnchanged)
      try await upstream.git("merge", "--quiet", "--ff-only", "topic/one")
      #expect(try await source.fetch().advance().commit.id == second)
    }

    @Test("in a repository on this machine")
    func local() async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/work")
        try await upstream.commit(["a": "1"])
        try await check(try makeSource(of: upstream.location, in: "\(directory)/state"), upstream)
      }
    }

    @Test("over https")
    func https() async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/served/fleet")
        try await upstream.commit(["a": "1"])
        try await HTTPSServer.run(root: "\(directory)/served", scratch: directory) { server in
          try await check(
            try makeSource(
              of: server.location("fleet"), in: "\(directory)/state", credentials: server.credentials), upstream)
        }
      }
    }
  }
}
