import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

extension OneAtATime {
  @Suite("https servers that redirect")
  struct RedirectTests {
    private static let impatient = FetchLimits(total: .seconds(60), silence: .seconds(2))

    private func withServer(_ body: (Upstream, HTTPSServer, String) async throws -> Void) async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/served/fleet")
        try await upstream.commit(["a": "1"])
        try await HTTPSServer.run(root: "\(directory)/served", scratch: directory) { server in
          try await body(upstream, server, directory)
        }
      }
    }

    @Test("to another path of the same server, with the token", arguments: ["same", "localhost"])
    func sameServer(authority: String) async throws {
      try await withServer { upstream, server, directory in
        let place = authority == "same" ? authority : "\(authority):\(server.port)"
        let source = try makeSource(
          of: server.location("\(place)/fleet", .redirect), in: "\(directory)/state", credentials: server.credentials)
        try await source.fetch().advance()
        let next = try await upstream.commit(["a": "2"])
        #expect(await source.fetch().inForce == next)
        #expect(try source.tree(at: next).text("a") == "2")
      }
    }

    @Test("to another host or port are refused before anything is sent there", arguments: ["127.0.0.1", "localhost"])
    func elsewhere(host: String) async throws {
      try await withServer { _, server, directory in
        let other = try SilentServer()
        let source = try makeSource(
          of: server.location("\(host):\(other.port)/fleet", .redirect), in: "\(directory)/state",
          credentials: server.credentials, limits: Self.impatient)
        let error = await source.fetch().error
        #expect(error?.code == .gitUnsupported, "\(String(describing: error))")
        #expect(error?.nextStep == "give the address that it redirects to")
        #expect(!other.hasClient)
      }
    }

    @Test("to http, and in a circle, are refused", arguments: [HTTPSServer.Mode.downgrade, .loop])
    func useless(mode: HTTPSServer.Mode) async throws {
      try await withServer { _, server, directory in
        let source = try makeSource(
          of: server.location("fleet", mode), in: "\(directory)/state", credentials: server.credentials,
          limits: Self.impatient)
        let error = await source.fetch().error
        #expect(error?.code == .gitUnsupported, "\(String(describing: error))")
      }
    }
  }
}
