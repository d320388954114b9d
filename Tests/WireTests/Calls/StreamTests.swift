import Digests
import GRPCCore
import Manifests
import Synchronization
import Testing

@testable import Wire

@Suite("Streams", .timeLimit(.minutes(1)))
struct StreamTests {
  @Test("messages of a session keep their order in both directions")
  func order() async throws {
    let agent = ScriptedAgent(onSession: { requests, responses, _ in
      for try await request in requests {
        guard case .report(let report) = request.body else { continue }
        try await responses.write(.init(body: .reportAcknowledged(.init(seq: report.seq))))
      }
    })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let acknowledged = try await FlotillaV1.AgentClient(channel).session(
          sending: { writer in
            for seq in 1...500 {
              try await writer.write(
                .init(body: .report(.init(seq: Int64(seq), envelope: [UInt8](repeating: 1, count: 500)))))
            }
          },
          onResponses: { responses in
            var seqs: [Int64] = []
            for try await response in responses {
              if case .reportAcknowledged(let acknowledged) = response.body { seqs.append(acknowledged.seq) }
            }
            return seqs
          })
        #expect(acknowledged == (1...500).map(Int64.init))
      }
    }
  }

  @Test("a writer waits for a reader that is slow")
  func backpressure() async throws {
    let written = Atomic(0)
    let total = 400
    let agent = ScriptedAgent(onGetBlobs: { _, responses, _ in
      // Not compressible: what is written is what the windows hold back.
      var random = RandomSource(seed: 5)
      let data = (0..<(64 << 10)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      for index in 0..<total {
        try await responses.write(.init(offset: Int64(index), data: data))
        written.add(1, ordering: .relaxed)
      }
    })
    try await TestHub.run([agent]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let received = try await FlotillaV1.AgentClient(channel).getBlobs(.init()) { responses in
          var (count, ahead) = (0, 0)
          for try await chunk in responses {
            #expect(chunk.offset == Int64(count))
            count += 1
            // Give the writer all the time it wants; it must not use it to run away.
            if count == 10 { try await Task.sleep(for: .milliseconds(300)) }
            if count < 50 { ahead = max(ahead, written.load(ordering: .relaxed) - count) }
          }
          return (count, ahead)
        }
        #expect(received.0 == total)
        #expect(received.1 < total / 4)
      }
    }
  }

  @Test("many calls at once, on several connections, each get their own answer")
  func manyCalls() async throws {
    let agent = ScriptedAgent(onGetMetadata: { request, call in
      .init(content: Array("\(call.caller) \(request.version ?? -1)".utf8))
    })
    try await TestHub.run([agent]) { hub in
      try await withThrowingTaskGroup(of: Void.self) { connections in
        for name in ["fra-1", "fra-2", "ola"] {
          connections.addTask {
            try await hub.connect(as: name) { channel in
              try await withThrowingTaskGroup(of: Void.self) { calls in
                // More than the connection's streams: the rest waits.
                for index in 0..<(3 * WireLimits.streamsPerConnection) {
                  calls.addTask {
                    let answer = try await FlotillaV1.AgentClient(channel).getMetadata(.init(version: Int64(index)))
                    let text = String(decoding: answer.content, as: UTF8.self)
                    #expect(text.hasSuffix("\(name) \(index)"))
                  }
                }
                try await calls.waitForAll()
              }
            }
          }
        }
        try await connections.waitForAll()
      }
    }
  }

  @Test("blobs travel compressed; a session, which stays open, does not")
  func compression() async throws {
    let agent = ScriptedAgent(
      onSession: { _, responses, _ in try await responses.write(.init()) },
      onGetBlobs: { _, responses, _ in
        try await responses.write(.init(data: [UInt8](repeating: 65, count: WireLimits.blobChunkBytes)))
      })
    try await TestHub.run([agent]) { hub in
      try await hub.withRawClient(as: "fra-1") { client in
        @Sendable func encoding<Response: WireMessage>(
          _ method: WireMethod<some WireMessage, Response>
        ) async throws -> String? {
          try await client.bidirectionalStreaming(
            request: StreamingClientRequest { try await $0.write(FlotillaV1.GetBlobsRequest()) },
            descriptor: method.descriptor, serializer: MessageEncoder<FlotillaV1.GetBlobsRequest>(),
            deserializer: MessageDecoder<Response>(limit: WireLimits.messageBytes), options: .defaults
          ) { response in
            for try await _ in response.messages {}
            return response.metadata[stringValues: "grpc-encoding"].first { _ in true }
          }
        }
        equal(try await encoding(FlotillaV1.AgentMethods.getBlobs), "gzip")
        equal(try await encoding(FlotillaV1.AgentMethods.session), nil)
      }
    }
  }
}
