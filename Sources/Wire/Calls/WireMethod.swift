public import GRPCCore
internal import Manifests

/// One method of a service, with the types of its messages.
public struct WireMethod<Request: WireMessage, Response: WireMessage>: Sendable {
  public let descriptor: MethodDescriptor

  init(service: String, method: String, type: MethodDescriptor.RPCType) {
    descriptor = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: service), method: method, type: type)
  }
}

struct MessageEncoder<Message: WireMessage>: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: Message) throws -> Bytes {
    let bytes: Bytes = message.encoded()
    guard bytes.count <= WireLimits.messageBytes else {
      throw FleetError(
        .wireTooLarge, "a message of \(bytes.count) bytes; at most \(WireLimits.messageBytes) can be sent",
        at: .init(field: Message.messageName)
      ).rpcError()
    }
    return bytes
  }
}

struct MessageDecoder<Message: WireMessage>: MessageDeserializer {
  let limit: Int

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Message {
    try bytes.withUnsafeBytes { buffer in
      do throws(FleetError) {
        return try Message(wire: buffer.bytes, limit: limit)
      } catch {
        throw error.rpcError()
      }
    }
  }
}
