import Foundation
import GitSource
import Manifests
import TestSupport
import Testing

extension OneAtATime {
  @Suite("Servers that hang", .timeLimit(.minutes(3)))
  struct DeadlineTests {
    private static let impatient = FetchLimits(total: .seconds(20), silence: .seconds(1))

    /// The error and the time it took.
    private func fetch(_ source: GitSource) async -> (FleetError?, Duration) {
      let begin = ContinuousClock.now
      let error = await source.fetch().error
      return (error, ContinuousClock.now - begin)
    }

    private func sshCredentials(_ directory: String) throws -> GitCredentials {
      try Data("not used before the handshake".utf8).write(to: URL(filePath: "\(directory)/key"))
      let pin = try #require(HostKeyFingerprint("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"))
      return .ssh(.init(keyFile: "\(directory)/key", hostKeys: [pin]))
    }

    @Test("a server that takes the connection and never says a word is given up, over https and over ssh")
    func silentServer() async throws {
      try await withTemporaryDirectory { directory in
        let server = try SilentServer()
        let places = [
          ("https://localhost:\(server.port)/fleet", GitCredentials.none),
          ("ssh://git@127.0.0.1:\(server.port)/fleet", try sshCredentials(directory)),
        ]
        for (index, (url, credentials)) in places.enumerated() {
          let source = try makeSource(
            of: RepositoryLocation(url), in: "\(directory)/state-\(index)", credentials: credentials,
            limits: Self.impatient)
          let (error, time) = await fetch(source)
          #expect(error?.code == .gitDeadline, "\(url): \(String(describing: error))")
          #expect(time < .seconds(15), "\(url)")
        }
      }
    }

    @Test("the total time ends a fetch although the server might still talk")
    func totalTime() async throws {
      try await withTemporaryDirectory { directory in
        let server = try SilentServer()
        let limits = FetchLimits(total: .seconds(1), silence: .seconds(60))
        let source = try makeSource(
          of: RepositoryLocation("https://localhost:\(server.port)/fleet"), in: "\(directory)/state", limits: limits)
        let (error, time) = await fetch(source)
        #expect(error?.code == .gitDeadline)
        #expect(time < .seconds(15))
      }
    }

    @Test("a server that stops in the middle of the pack is given up, and nothing of the half stays")
    func stalledPack() async throws {
      try await withTemporaryDirectory { directory in
        let upstream = try await Upstream("\(directory)/served/fleet")
        try await upstream.commitMany(2_000)
        try await HTTPSServer.run(root: "\(directory)/served", scratch: directory) { server in
          let source = try makeSource(
            of: server.location("fleet", .stall), in: "\(directory)/state", credentials: server.credentials,
            limits: Self.impatient)
          let (error, time) = await fetch(source)
          #expect(error?.code == .gitDeadline, "\(String(describing: error))")
          #expect(time < .seconds(15))
          #expect(source.inForce == nil)
        }
      }
    }

    @Test("cancelling the task ends a fetch that hangs")
    func cancel() async throws {
      try await withTemporaryDirectory { directory in
        let server = try SilentServer()
        let source = try makeSource(
          of: RepositoryLocation("https://localhost:\(server.port)/fleet"), in: "\(directory)/state")
        let begin = ContinuousClock.now
        let task = Task { await source.fetch() }
        try await eventually("no fetch begins") { server.hasClient }
        task.cancel()
        #expect(await task.value.error?.code == .gitCancelled)
        #expect(ContinuousClock.now - begin < .seconds(10))
      }
    }

    @Test("a task that is cancelled before its fetch begins fetches nothing")
    func cancelledBefore() async throws {
      try await withTemporaryDirectory { directory in
        let server = try SilentServer()
        let source = try makeSource(
          of: RepositoryLocation("https://localhost:\(server.port)/fleet"), in: "\(directory)/state")
        let update = await Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return await source.fetch()
        }.value
        #expect(update.error?.code == .gitCancelled, "\(update)")
      }
    }

    @Test("a second fetch while one runs is refused, and afterwards all is as before")
    func busy() async throws {
      try await withTemporaryDirectory { directory in
        let server = try SilentServer()
        let source = try makeSource(
          of: RepositoryLocation("https://localhost:\(server.port)/fleet"), in: "\(directory)/state")
        let first = Task { await source.fetch() }
        try await eventually("no fetch begins") { server.hasClient }
        #expect(await source.fetch().error?.code == .gitBusy)
        first.cancel()
        #expect(await first.value.error?.code == .gitCancelled)
        #expect(source.inForce == nil)
      }
    }
  }
}
