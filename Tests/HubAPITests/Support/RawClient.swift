import GRPCCore
import Manifests
import Synchronization

@testable import Wire

/// A client that knows no messages: it calls any method with bytes and sees the status as gRPC has it.
struct RawClient {
  /// What came of a call.
  enum Outcome: Sendable {
    /// A first message, or the stream's end without an error.
    case answered
    case refused(RPCError.Code, FleetError)

    var error: FleetError? { if case .refused(_, let error) = self { error } else { nil } }
    var status: RPCError.Code? { if case .refused(let status, _) = self { status } else { nil } }
  }

  private let client: GRPCClient<HubConnector.Transport>

  static func with(_ connector: HubConnector, _ body: (RawClient) async throws -> Void) async throws {
    let client = GRPCClient(transport: try await connector.connect().0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try? await client.runConnections() }
      defer { group.cancelAll() }
      try await body(RawClient(client: client))
      client.beginGracefulShutdown()
    }
  }

  /// Sends one message, or none where it is nil, and waits for the first answer.
  func call(_ method: MethodDescriptor, _ request: [UInt8]? = []) async throws -> Outcome {
    do {
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          if let request { try await writer.write(request) }
        }, descriptor: method, serializer: Bytes(), deserializer: Bytes(), options: .defaults
      ) { response in
        for try await _ in response.messages { return }
      }
      return .answered
    } catch let error as RPCError {
      return .refused(error.code, FleetError(error))
    }
  }

  private struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Buffer { Buffer(message) }
    func deserialize<Buffer: GRPCContiguousBytes>(_ bytes: Buffer) throws -> [UInt8] {
      bytes.withUnsafeBytes { Array($0) }
    }
  }
}
