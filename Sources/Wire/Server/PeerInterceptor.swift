internal import GRPCCore
internal import Manifests
internal import NIOCore

/// Finds out who calls and refuses whom it must, on every call: a connection may be older than a certificate's end or
/// than its revocation, and a resumed TLS session shows no certificate again.
struct PeerInterceptor: ServerInterceptor {
  let registry: ConnectionRegistry
  let policy: ConnectionPolicy
  let statuses: WireStatuses
  let isStopping: @Sendable () -> Bool

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var context = context
    do throws(FleetError) {
      let connection = try connection(of: request.metadata)
      context.transportSpecific = CallDetails(
        peer: try peer(of: connection.client, calling: context.descriptor), remoteAddress: context.remotePeer,
        eventLoop: connection.channel.eventLoop, statuses: statuses, isStopping: isStopping, logger: policy.logger)
    } catch {
      throw error.rpcError(statuses)
    }
    return try await next(request, context)
  }

  private func connection(of metadata: Metadata) throws(FleetError) -> ConnectionRegistry.Connection {
    guard let text = metadata[stringValues: StreamTagger.field].first(where: { _ in true }),
      let number = UInt64(text), let connection = registry.connection(number)
    else { throw FleetError(.unavailable, "the connection is gone") }
    return connection
  }

  private func peer(
    of client: ConnectionRegistry.Client, calling method: MethodDescriptor
  ) throws(FleetError) -> Peer? {
    switch client {
    case .identified(let peer):
      guard let refused = policy.refusal(peer) else { return peer }
      // What is open to everybody stays open, but not as somebody.
      guard PeerPolicy.isOpen(method) else { throw refused }
      return nil
    case .unusable(let reason): throw reason
    case .anonymous, .unknown:
      guard PeerPolicy.isOpen(method) else { throw .certificateRequired(method.fullyQualifiedMethod) }
      return nil
    }
  }
}
