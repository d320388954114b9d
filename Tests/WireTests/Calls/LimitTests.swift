import GRPCCore
import Manifests
import Testing

@testable import Wire

@Suite("Limits on calls", .timeLimit(.minutes(1)))
struct LimitTests {
  @Test("a request of nobody in particular is small")
  func anonymousRequest() async throws {
    try await TestHub.run([OpenEnrollment()]) { hub in
      try await hub.connect(as: nil) { channel in
        let client = FlotillaV1.EnrollmentClient(channel)
        let csr = [UInt8](repeating: 1, count: WireLimits.anonymousRequestBytes)
        await fails(.wireTooLarge) { try await client.enroll(.init(csr: csr)) }
        _ = try await client.enroll(.init(csr: Array(csr.dropLast(16))))
      }
    }
  }

  @Test("a message over the limit is not sent, and the error says so")
  func tooLargeToSend() async throws {
    try await TestHub.run([
      ScriptedAgent(onGetMetadata: { _, _ in
        .init(content: [UInt8](repeating: 1, count: WireLimits.messageBytes))
      })
    ]) { hub in
      await fails(.wireTooLarge) { try await hub.whoAmI(as: "fra-1") }
    }
  }

  /// Sends bytes as they are.
  private struct RawEncoder: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
  }

  @Test(
    "a request over the limit, and one that is no message, are refused, and the connection goes on",
    arguments: [false, true])
  func raw(tooLarge: Bool) async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.withRawClient(as: "fra-1") { client in
        @Sendable func call(_ bytes: [UInt8]) async throws -> FlotillaV1.GetMetadataResponse {
          try await client.unary(
            request: ClientRequest(message: bytes), descriptor: FlotillaV1.AgentMethods.getMetadata.descriptor,
            serializer: RawEncoder(), deserializer: MessageDecoder<FlotillaV1.GetMetadataResponse>(limit: 1000),
            options: .defaults
          ) { try $0.message }
        }
        let bytes = tooLarge ? [UInt8](repeating: 0, count: WireLimits.messageBytes + 1) : [0xff, 0xff]
        let error = await #expect(throws: RPCError.self) { try await call(bytes) }
        // gRPC resets a stream that is too large as soon as it sees the length.
        #expect(error?.code == (tooLarge ? .unavailable : .invalidArgument))
        equal(try await call([]).content, Array("acme/cluster/fra-1".utf8))
      }
    }
  }
}
