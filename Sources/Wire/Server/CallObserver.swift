internal import GRPCCore

/// Tells how every call ended, those too that are refused before their handler.
struct CallObserver: ServerInterceptor {
  let ended: @Sendable (_ method: String, _ status: String) -> Void

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let method = context.descriptor.fullyQualifiedMethod
    var response: StreamingServerResponse<Output>
    do {
      response = try await next(request, context)
    } catch {
      ended(method, CallObserver.name(of: error))
      throw error
    }
    switch response.accepted {
    case .failure(let error): ended(method, CallObserver.name(of: error))
    case .success(var contents):
      let produce = contents.producer
      contents.producer = { writer in
        do {
          let trailer = try await produce(writer)
          ended(method, "OK")
          return trailer
        } catch {
          ended(method, CallObserver.name(of: error))
          throw error
        }
      }
      response.accepted = .success(contents)
    }
    return response
  }

  /// gRPC's own name of an error's status, such as `NOT_FOUND`.
  private static func name(of error: any Error) -> String {
    switch (error as? RPCError)?.code {
    case .cancelled: "CANCELLED"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internalError: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    default: error is CancellationError ? "CANCELLED" : "UNKNOWN"
    }
  }
}
