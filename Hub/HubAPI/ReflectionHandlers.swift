internal import Manifests
public import ReleasePipeline
public import Wire

/// gRPC's server reflection: for every operator, whatever the role, so that tools without our schema can ask the hub.
public struct ReflectionHandlers: GrpcReflectionV1.ServerReflectionService {
  private let access: OperatorAccess
  private let services: [String]

  /// `services` are those that are told of.
  public init(access: OperatorAccess, services: Set<String>) {
    self.access = access
    self.services = services.sorted()
  }

  public func serverReflectionInfo(
    _ requests: MessageStream<GrpcReflectionV1.ServerReflectionRequest>,
    _ responses: MessageWriter<GrpcReflectionV1.ServerReflectionResponse>, _ call: ServerCall
  ) async throws {
    _ = try await access.require(call)
    for try await request in requests {
      try await responses.write(
        .init(validHost: request.host, originalRequest: request, messageResponse: answer(request)))
    }
  }

  private func answer(
    _ request: GrpcReflectionV1.ServerReflectionRequest
  ) -> GrpcReflectionV1.ServerReflectionResponse.MessageResponse {
    switch request.messageRequest {
    case .fileByFilename(let name): files(SchemaFile.named(name), "file \(name)")
    case .fileContainingSymbol(let symbol): files(SchemaFile.declaring(symbol), "symbol \(symbol)")
    case .fileContainingExtension(let wanted):
      error(.notFound, "there is no extension \(wanted.extensionNumber) of \(wanted.containingType)")
    case .allExtensionNumbersOfType(let name):
      SchemaFile.declaring(name) == nil
        ? error(.notFound, "there is no message \(name)")
        : .allExtensionNumbersResponse(.init(baseTypeName: name))
    case .listServices: .listServicesResponse(.init(service: services.map { .init(name: $0) }))
    case nil: error(.invalidArgument, "the request asks for nothing that this server knows of")
    }
  }

  private func files(
    _ file: SchemaFile?, _ what: String
  ) -> GrpcReflectionV1.ServerReflectionResponse.MessageResponse {
    guard let file else { return error(.notFound, "there is no \(what)") }
    return .fileDescriptorResponse(.init(fileDescriptorProto: file.withDependencies.map(\.descriptor)))
  }

  /// gRPC's numbers of the statuses that are answered here.
  private enum Code: Int32 {
    case invalidArgument = 3
    case notFound = 5
  }

  private func error(
    _ code: Code, _ message: String
  ) -> GrpcReflectionV1.ServerReflectionResponse.MessageResponse {
    .errorResponse(.init(errorCode: code.rawValue, errorMessage: message))
  }
}
