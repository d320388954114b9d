import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

@Suite("Fetching over ssh")
struct SSHTests {
  private func withServer(_ body: (Upstream, SSHServer, String) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      try await SSHServer.run(scratch: directory) { server in try await body(upstream, server, directory) }
    }
  }

  @Test("with the key and the pinned host, commits and annotated tags arrive")
  func fetches() async throws {
    try await withServer { upstream, server, directory in
      let source = try makeSource(
        of: server.location(upstream.path), in: "\(directory)/state", credentials: server.credentials)
      let first = try await source.fetch().advance()
      #expect(try source.tree(at: first.commit.id).text("a") == "1")
      #expect(await source.fetch().isUnchanged)
      let next = try await upstream.commit(["a": "2"])
      #expect(try await source.fetch().advance().commit.id == next)

      try await upstream.git("tag", "--annotate", "--message", "Release", "v1")
      let tagged = try makeSource(
        of: server.location(upstream.path), .tag("v1"), in: "\(directory)/tagged", credentials: server.credentials)
      #expect(await tagged.fetch().inForce == next)
    }
  }

  @Test("a host with another key than the pinned is refused, and the error shows the one it has")
  func wrongHostKey() async throws {
    try await withServer { upstream, server, directory in
      let pin = try #require(HostKeyFingerprint("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"))
      let source = try makeSource(
        of: server.location(upstream.path), in: "\(directory)/state",
        credentials: .ssh(.init(keyFile: server.keyFile, hostKeys: [pin])))
      let error = await source.fetch().error
      #expect(error?.code == .gitHostKey)
      #expect(error?.cause == "it shows Ed25519 \(server.fingerprint)")
    }
  }

  @Test("a host whose key changes is refused from then on, and the last commit stays in force")
  func changedHostKey() async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      let commit = try await upstream.commit(["a": "1"])
      let (source, port) = try await SSHServer.run(scratch: directory) { server in
        let source = try makeSource(
          of: server.location(upstream.path), in: "\(directory)/state", credentials: server.credentials)
        try await source.fetch().advance()
        return (source, server.port)
      }
      try await upstream.commit(["a": "2"])
      try SSHServer.dropHostKey(scratch: directory)
      try await SSHServer.run(scratch: directory, port: port) { _ in
        let update = await source.fetch()
        #expect(update.error?.code == .gitHostKey, "\(update)")
        #expect(update.inForce == commit)
      }
    }
  }

  @Test("one of several pinned keys is enough")
  func severalPins() async throws {
    try await withServer { upstream, server, directory in
      let other = try #require(HostKeyFingerprint("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"))
      let source = try makeSource(
        of: server.location(upstream.path), in: "\(directory)/state",
        credentials: .ssh(.init(keyFile: server.keyFile, hostKeys: [other, server.fingerprint])))
      try await source.fetch().advance()
    }
  }

  @Test("a key that may not log in is refused")
  func strangersKey() async throws {
    try await withServer { upstream, server, directory in
      let source = try makeSource(
        of: server.location(upstream.path), in: "\(directory)/state",
        credentials: .ssh(.init(keyFile: server.strangerKeyFile, hostKeys: [server.fingerprint])))
      let error = await source.fetch().error
      #expect(error?.code == .gitAuthentication, "\(String(describing: error))")
      #expect(error?.message.contains(server.strangerKeyFile) == true)
    }
  }

  @Test("a key file that is missing is an error that names it")
  func missingKey() async throws {
    try await withServer { upstream, server, directory in
      let source = try makeSource(
        of: server.location(upstream.path), in: "\(directory)/state",
        credentials: .ssh(.init(keyFile: "\(directory)/no-key", hostKeys: [server.fingerprint])))
      let error = await source.fetch().error
      #expect(error?.code == .gitSettings)
      #expect(error?.address.file == "\(directory)/no-key")
    }
  }

  @Test("a repository that is not there is an error that says so")
  func missingRepository() async throws {
    try await withServer { _, server, directory in
      let source = try makeSource(
        of: server.location("\(directory)/absent"), in: "\(directory)/state", credentials: server.credentials)
      let error = await source.fetch().error
      #expect(error?.code == .gitRepositoryMissing, "\(String(describing: error))")
    }
  }
}
