import Manifests
import NIOCore
import NIOPosix
import Testing

@testable import Wire

@Suite("A server stops", .timeLimit(.minutes(1)))
struct StopTests {
  @Test("a unary call under way gets its answer, and then the server is gone")
  func unaryEnds() async throws {
    let (begun, mayEnd) = (Signal(), Signal())
    let agent = ScriptedAgent(onGetMetadata: { _, _ in
      begun.send()
      try await mayEnd.wait()
      return .init(content: [7])
    })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        async let answer = FlotillaV1.AgentClient(channel).getMetadata(.init())
        try await begun.wait()
        hub.server.beginGracefulShutdown()
        await fails(.unavailable) { try await hub.whoAmI(as: "fra-2") }
        mayEnd.send()
        #expect(try await answer.content == [7])
      }
    }
  }

  @Test("streams are told to end, and their clients hear that the server stops")
  func streamsEnd() async throws {
    let cancelled = Signal()
    let agent = ScriptedAgent(onSession: { requests, responses, _ in
      try await responses.write(.init(body: .welcome(.init())))
      do {
        for try await _ in requests {}
      } catch {
        #expect(error is CancellationError)
        cancelled.send()
        throw error
      }
    })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let error = await failure {
          try await FlotillaV1.AgentClient(channel).session(
            sending: { _ in try await Signal().wait(.seconds(600)) },
            onResponses: { responses in for try await _ in responses { hub.server.beginGracefulShutdown() } })
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "the server is stopping")
        try await cancelled.wait()
      }
    }
  }

  // Far below the handler's own ten minutes: it is the grace that ends it.
  @Test("a call that does not end delays the stop no longer than the grace", .timeLimit(.minutes(5)))
  func graceEnds() async throws {
    let begun = Signal()
    let agent = ScriptedAgent(onGetMetadata: { _, _ in
      begun.send()
      try await Signal().wait(.seconds(600))
      return .init()
    })
    var limits = WireServer.Limits()
    limits.stopGrace = .milliseconds(300)
    try await TestHub.run([agent], limits: limits) { hub in
      try await hub.connect(as: "fra-1") { channel in
        async let answer = failure { try await channel.whoAmI() }
        try await begun.wait()
        hub.server.beginGracefulShutdown()
        #expect(await answer != nil)
      }
    }
  }

  @Test("a port in use is an error with the address")
  func portInUse() async throws {
    try await TestHub.run([]) { hub in
      let second = WireServer(
        WireServer.Configuration(
          host: "127.0.0.1", port: hub.port, tls: hub.tls, fleet: "acme", refusal: { _ in nil },
          now: { hub.clock.now }),
        services: [], eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: TestHub.logger)
      let error = await fails(.serverFailed) { try await second.run() }
      #expect(error?.message.contains("\(hub.port)") == true)
      #expect(await second.boundPort == nil)
    }
  }

  @Test("a client that connects and says nothing is cut off")
  func silentClient() async throws {
    var limits = WireServer.Limits()
    limits.handshake = .milliseconds(200)
    try await TestHub.run([], limits: limits) { hub in
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: hub.port).get()
      try await within(.seconds(10)) { try await channel.closeFuture.get() }
    }
  }

  @Test("a client without a certificate does not hold its place for long")
  func anonymousLeaves() async throws {
    var limits = WireServer.Limits()
    limits.anonymousConnection = .seconds(3)
    try await TestHub.run([OpenEnrollment()], limits: limits) { hub in
      try await hub.connect(as: nil) { channel in
        try await within(.seconds(60)) {
          while hub.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
        await fails(.unavailable) { try await FlotillaV1.EnrollmentClient(channel).enroll(.init()) }
      }
    }
  }

  @Test("a server that is cancelled while clients come and go ends cleanly", arguments: 1...8)
  func cancelledInTheMiddle(seed: Int) async throws {
    try await TestHub.run([]) { hub in
      let server = WireServer(
        WireServer.Configuration(
          host: "127.0.0.1", port: 0, tls: hub.tls, fleet: "acme", refusal: { _ in nil }, now: { hub.clock.now }),
        services: [ScriptedAgent()], eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: TestHub.logger)
      let running = Task { try await server.run() }
      let address = HubAddress(host: "127.0.0.1", port: try #require(await server.boundPort))
      let tls = try hub.clientTLS(as: "fra-1")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask { _ = try? await hub.connect(with: tls, to: address) { try await $0.whoAmI() } }
        }
        var random = RandomSource(seed: UInt64(seed))
        // No synchronisation: the moment is what the test varies.
        try await Task.sleep(for: .milliseconds(random.below(60)))
        running.cancel()
        try await within(.seconds(20)) { try await running.value }
        try await group.waitForAll()
      }
    }
  }

  @Test("a server that is stopped before it runs does not run")
  func stoppedBefore() async throws {
    try await TestHub.run([]) { hub in
      let server = WireServer(
        WireServer.Configuration(
          host: "127.0.0.1", port: 0, tls: hub.tls, fleet: "acme", refusal: { _ in nil }, now: { hub.clock.now }),
        services: [], eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: TestHub.logger)
      server.beginGracefulShutdown()
      try await within(.seconds(10)) { try await server.run() }
    }
  }
}
