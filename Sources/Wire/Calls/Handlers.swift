internal import GRPCCore
internal import Manifests
internal import NIOCore
internal import Synchronization

// How generated services register their methods.
extension RPCRouter {
  mutating func unary<Request, Response>(
    _ method: WireMethod<Request, Response>,
    _ handler: @escaping @Sendable (Request, ServerCall) async throws -> Response
  ) {
    register(method) { request, context in
      let message = try await ServerRequest(stream: request).message
      let response = try await context.run(isStream: false) { call, _ in try await handler(message, call) }
      return StreamingServerResponse(single: ServerResponse(message: response))
    }
  }

  mutating func serverStreaming<Request, Response>(
    _ method: WireMethod<Request, Response>,
    _ handler: @escaping @Sendable (Request, MessageWriter<Response>, ServerCall) async throws -> Void
  ) {
    register(method) { request, context in
      let message = try await ServerRequest(stream: request).message
      return StreamingServerResponse { writer in
        try await context.run(isStream: true) { call, loop in
          try await handler(message, MessageWriter(writer, on: loop), call)
        }
        return [:]
      }
    }
  }

  mutating func bidirectionalStreaming<Request, Response>(
    _ method: WireMethod<Request, Response>,
    _ handler: @escaping @Sendable (MessageStream<Request>, MessageWriter<Response>, ServerCall) async throws -> Void
  ) {
    register(method) { request, context in
      StreamingServerResponse { writer in
        try await context.run(isStream: true) { call, loop in
          try await handler(MessageStream(request.messages), MessageWriter(writer, on: loop), call)
        }
        return [:]
      }
    }
  }

  private mutating func register<Request, Response>(
    _ method: WireMethod<Request, Response>,
    _ handler:
      @escaping @Sendable (StreamingServerRequest<Request>, ServerContext) async throws
      -> StreamingServerResponse<Response>
  ) {
    let isOpen = PeerPolicy.isOpen(method.descriptor)
    registerHandler(
      forMethod: method.descriptor,
      deserializer: MessageDecoder<Request>(
        limit: isOpen ? WireLimits.anonymousRequestBytes : WireLimits.messageBytes),
      serializer: MessageEncoder<Response>(), handler: handler)
  }
}

extension ServerContext {
  /// Runs a handler in a task that is cancelled when gRPC cancels the call, which gRPC by itself does not do, and turns
  /// what the handler throws into what the client gets.
  fileprivate func run<Result: Sendable>(
    isStream: Bool, _ handler: @escaping @Sendable (ServerCall, any EventLoop) async throws -> Result
  ) async throws -> Result {
    guard let details = transportSpecific as? CallDetails else {
      throw FleetError(.internalFailure, "a call that has not passed the server's interceptor").rpcError()
    }
    let relay = CancellationRelay()
    do {
      return try await withTaskCancellationHandler {
        try await withRPCCancellationHandler {
          let task = Task { try await handler(ServerCall(descriptor, details), details.eventLoop) }
          relay.attach(task.cancel)
          return try await task.value
        } onCancelRPC: {
          // A stopping server cancels every call at once. Unary calls are short: they get to end.
          if isStream || !details.isStopping() { relay.cancel() }
        }
      } onCancel: {
        relay.cancel()
      }
    } catch {
      throw details.rpcError(for: error, calling: descriptor.fullyQualifiedMethod)
    }
  }
}

/// Carries a cancellation to a task that may not have started yet.
///
/// gRPC calls a cancellation handler while holding a lock when the call is already cancelled, and the task's own
/// handlers may take that lock; so the task must start after the handler is in place, and be cancelled outside of it.
private final class CancellationRelay: Sendable {
  private enum State {
    case waiting
    case attached(@Sendable () -> Void)
    case cancelled
  }
  private let state = Mutex(State.waiting)

  func attach(_ cancel: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      if case .cancelled = state { return true }
      state = .attached(cancel)
      return false
    }
    if isCancelled { cancel() }
  }

  func cancel() {
    let action: (@Sendable () -> Void)? = state.withLock { state in
      defer { state = .cancelled }
      if case .attached(let cancel) = state { return cancel }
      return nil
    }
    action?()
  }
}
