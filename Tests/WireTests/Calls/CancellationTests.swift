import Manifests
import Testing

@testable import Wire

@Suite("Calls that end early", .timeLimit(.minutes(1)))
struct CancellationTests {
  /// A session that stays open until its task is cancelled, which it signals.
  private func patient(_ ended: Signal) -> ScriptedAgent {
    ScriptedAgent(onSession: { _, responses, _ in
      try await responses.write(.init(body: .welcome(.init())))
      do {
        try await Signal().wait(.seconds(60))
      } catch is CancellationError {
        ended.send()
      }
    })
  }

  @Test("a client that leaves its session ends the handler's task")
  func clientLeaves() async throws {
    let ended = Signal()
    try await TestHub.run([patient(ended)]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        try await FlotillaV1.AgentClient(channel).session(
          sending: { _ in try await Signal().wait(.seconds(60)) },
          onResponses: { responses in for try await _ in responses { return } })
        try await ended.wait()
      }
    }
  }

  @Test("a cancelled client task ends its call, its sending and the handler's task")
  func cancelledClient() async throws {
    let (ended, up, stopped) = (Signal(), Signal(), Signal())
    try await TestHub.run([patient(ended)]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let session = Task {
          try await FlotillaV1.AgentClient(channel).session(
            sending: { _ in
              defer { stopped.send() }
              try await Signal().wait(.seconds(60))
            },
            onResponses: { responses in for try await _ in responses { up.send() } })
        }
        try await up.wait()
        session.cancel()
        let result = try await within(.seconds(10)) { await session.result }
        #expect(throws: (any Error).self) { try result.get() }
        try await stopped.wait()
        try await ended.wait()
      }
    }
  }

  @Test("a lost connection ends the handler's task")
  func lostConnection() async throws {
    let ended = Signal()
    try await TestHub.run([patient(ended)]) { hub in
      await fails(.unavailable) {
        try await hub.connect(as: "fra-1") { channel in
          try await FlotillaV1.AgentClient(channel).session(
            sending: { _ in try await Signal().wait(.seconds(60)) },
            onResponses: { responses in
              for try await _ in responses { hub.server.disconnect { _ in true } }
            })
        }
      }
      try await ended.wait()
    }
  }

  @Test("a call that takes longer than its caller waits is ended on both sides")
  func deadline() async throws {
    let ended = Signal()
    let agent = ScriptedAgent(onGetMetadata: { _, _ in
      do {
        try await Signal().wait(.seconds(60))
      } catch is CancellationError {
        ended.send()
      }
      return .init()
    })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        await fails(.timedOut) {
          try await FlotillaV1.AgentClient(channel).getMetadata(.init(), timeout: .seconds(2))
        }
        try await ended.wait()
      }
    }
  }

  @Test("when the receiving side of a session is done, its sending is cancelled")
  func receiverDone() async throws {
    let stopped = Signal()
    let agent = ScriptedAgent(onSession: { _, responses, _ in try await responses.write(.init()) })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let count = try await FlotillaV1.AgentClient(channel).session(
          sending: { _ in
            defer { stopped.send() }
            try await Signal().wait(.seconds(60))
          },
          onResponses: { responses in
            var count = 0
            for try await _ in responses { count += 1 }
            return count
          })
        #expect(count == 1)
        try await stopped.wait()
      }
    }
  }
}
