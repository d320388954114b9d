import Foundation
import FreePorts
import GitSource
import Manifests
import TestSupport
import Testing

extension OneAtATime {
  @Suite("Fetching over https")
  struct HTTPSTests {
    private func withServer(
      _ body: (Upstream, HTTPSServer, String) async throws -> Void
    ) async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/served/fleet")
        try await upstream.commit(["a": "1"])
        try await HTTPSServer.run(root: "\(directory)/served", scratch: directory) { server in
          try await body(upstream, server, directory)
        }
      }
    }

    @Test("with the token and the authority, commits arrive one after the other")
    func fetches() async throws {
      try await withServer { upstream, server, directory in
        let source = try makeSource(
          of: server.location("fleet"), in: "\(directory)/state", credentials: server.credentials)
        let first = try await source.fetch().advance()
        #expect(try source.tree(at: first.commit.id).text("a") == "1")
        #expect(await source.fetch().isUnchanged)
        let next = try await upstream.commit(["a": "2"])
        #expect(try await source.fetch().advance().commit.id == next)
        #expect(try source.tree(at: next).text("a") == "2")
      }
    }

    @Test("an annotated tag leads to its commit")
    func annotatedTag() async throws {
      try await withServer { upstream, server, directory in
        let commit = try await upstream.id("HEAD")
        try await upstream.git("tag", "--annotate", "--message", "Release", "v1")
        let source = try makeSource(
          of: server.location("fleet"), .tag("v1"), in: "\(directory)/state", credentials: server.credentials)
        #expect(await source.fetch().inForce == commit)
        #expect(await source.fetch().isUnchanged)
      }
    }

    @Test("a wrong token, or none, is refused, and the token is in no error and no log")
    func wrongToken() async throws {
      try await withServer { _, server, directory in
        for token in ["ghp_wrong-horse", nil] {
          let log = LogBook()
          let source = try makeSource(
            of: server.location("fleet"), in: "\(directory)/state-\(token ?? "none")",
            credentials: server.credentials(token: token), log: log)
          let error = await source.fetch().error
          #expect(error?.code == .gitAuthentication, "\(String(describing: error))")
          if let token {
            #expect(!"\(String(describing: error))".contains(token))
            #expect(!log.text.contains(token))
          }
        }
      }
    }

    @Test("a server that repeats the token in its error does not get it into ours")
    func echo() async throws {
      try await withServer { _, server, directory in
        let log = LogBook()
        let source = try makeSource(
          of: server.location("fleet", .echo), in: "\(directory)/state", credentials: server.credentials, log: log)
        let error = try #require(await source.fetch().error)
        #expect("\(error)".contains("<secret> is not welcome"))
        #expect(!"\(error)".contains(HTTPSServer.token))
        #expect(!log.text.contains(HTTPSServer.token))
      }
    }

    @Test("a rotated token is taken up from its file")
    func rotatedToken() async throws {
      try await withServer { _, server, directory in
        let file = "\(directory)/token"
        try Data("outdated\n".utf8).write(to: URL(filePath: file))
        let credentials = GitCredentials.https(
          .init(token: .file(file), certificateAuthorityFile: server.authorityFile))
        let source = try makeSource(of: server.location("fleet"), in: "\(directory)/state", credentials: credentials)
        #expect(await source.fetch().error?.code == .gitAuthentication)
        try Data("\(HTTPSServer.token)\n".utf8).write(to: URL(filePath: file))
        try await source.fetch().advance()
        try FileManager.default.removeItem(atPath: file)
        let error = await source.fetch().error
        #expect(error?.code == .gitSettings)
        #expect(error?.address.file == file)
      }
    }

    @Test("a server that another authority vouches for is refused before it sees the token")
    func wrongAuthority() async throws {
      try await withServer { _, server, directory in
        let other = try makeSource(
          of: server.location("fleet"), in: "\(directory)/other",
          credentials: server.credentials(token: HTTPSServer.token, authority: server.otherAuthorityFile))
        #expect(await other.fetch().error?.code == .gitCertificate)
        let system = try makeSource(
          of: server.location("fleet"), in: "\(directory)/system",
          credentials: .https(.init(token: .value(Secret(HTTPSServer.token)))))
        #expect(await system.fetch().error?.code == .gitCertificate)
        // The authority of one source must not be left behind for the next.
        let right = try makeSource(
          of: server.location("fleet"), in: "\(directory)/right", credentials: server.credentials)
        try await right.fetch().advance()
        #expect(await other.fetch().error?.code == .gitCertificate)
      }
    }

    @Test("a certificate for another name is refused")
    func otherName() async throws {
      try await withServer { _, server, directory in
        let source = try makeSource(
          of: server.location("fleet", host: "127.0.0.1"), in: "\(directory)/state", credentials: server.credentials)
        #expect(await source.fetch().error?.code == .gitCertificate)
      }
    }

    @Test("an authority file that is missing or is none is an error that names it")
    func brokenAuthorityFile() async throws {
      try await withServer { _, server, directory in
        try Data("no certificate".utf8).write(to: URL(filePath: "\(directory)/none.pem"))
        for file in ["\(directory)/none.pem", "\(directory)/missing.pem"] {
          let source = try makeSource(
            of: server.location("fleet"), in: "\(directory)/state",
            credentials: server.credentials(token: HTTPSServer.token, authority: file))
          let error = await source.fetch().error
          #expect(error?.code == .gitSettings)
          #expect(error?.address.file == file)
        }
      }
    }

    @Test("a server without that repository, with errors, with garbage: typed errors")
    func badServers() async throws {
      try await withServer { _, server, directory in
        let expected: [(String, HTTPSServer.Mode, FleetError.Code)] = [
          ("absent", .plain, .gitRepositoryMissing), ("fleet", .error, .gitUnreachable),
          ("fleet", .garbage, .gitUnreachable),
        ]
        for (name, mode, code) in expected {
          let source = try makeSource(
            of: server.location(name, mode), in: "\(directory)/state-\(mode)", credentials: server.credentials)
          let error = await source.fetch().error
          #expect(error?.code == code, "\(mode): \(String(describing: error))")
        }
      }
    }

    @Test("a server that goes away leaves the commit in force, and work goes on when it is back")
    func goesAway() async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/served/fleet")
        let commit = try await upstream.commit(["a": "1"])
        let port = try UInt16(FreePorts.one())
        let log = LogBook()
        let source = try await HTTPSServer.run(root: "\(directory)/served", scratch: directory, port: port) { server in
          let source = try makeSource(
            of: server.location("fleet"), in: "\(directory)/state", credentials: server.credentials, log: log)
          try await source.fetch().advance()
          return source
        }
        let update = await source.fetch()
        #expect(update.error?.code == .gitUnreachable)
        #expect(update.inForce == commit)
        #expect(log.text.contains("the last commit stays in force"))
        #expect(try source.tree(at: commit).text("a") == "1")

        let next = try await upstream.commit(["a": "2"])
        try await HTTPSServer.run(root: "\(directory)/served", scratch: directory, port: port) { _ in
          #expect(await source.fetch().inForce == next)
        }
      }
    }

    @Test("a fetch over the limit of bytes or objects is refused")
    func limits() async throws {
      try await withServer { upstream, server, directory in
        try await upstream.commitMany(300, bytesEach: 400)
        let bytes = FetchLimits(bytes: 4_000)
        let objects = FetchLimits(objects: 100)
        for (name, limits) in [("bytes", bytes), ("objects", objects)] {
          let source = try makeSource(
            of: server.location("fleet"), in: "\(directory)/\(name)", credentials: server.credentials, limits: limits)
          #expect(await source.fetch().error?.code == .gitTooLarge, "\(name)")
        }
      }
    }
  }
}
