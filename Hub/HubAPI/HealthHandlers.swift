internal import Manifests
public import Wire

/// The standard health service, `grpc.health.v1`: for every client with a certificate.
public struct HealthHandlers: GrpcHealthV1.HealthService {
  /// Between two looks of a watch.
  private static let watchInterval: Duration = .seconds(1)

  private let isServing: @Sendable () async -> Bool
  private let services: Set<String>

  /// `isServing` says whether the hub can do its work now; it is asked on every call.
  public init(services: Set<String>, isServing: @escaping @Sendable () async -> Bool) {
    self.services = services
    self.isServing = isServing
  }

  public func check(
    _ request: GrpcHealthV1.HealthCheckRequest, _ call: ServerCall
  ) async throws -> GrpcHealthV1.HealthCheckResponse {
    guard request.service.isEmpty || services.contains(request.service) else {
      throw FleetError(.notFound, "no service of this name", at: .init(field: "service"))
    }
    return .init(status: await isServing() ? .serving : .notServing)
  }

  public func watch(
    _ request: GrpcHealthV1.HealthCheckRequest, _ responses: MessageWriter<GrpcHealthV1.HealthCheckResponse>,
    _ call: ServerCall
  ) async throws {
    var last: GrpcHealthV1.HealthCheckResponse.ServingStatus?
    while true {
      let status = await current(request.service)
      if status != last { try await responses.write(.init(status: status)) }
      last = status
      try await Task.sleep(for: HealthHandlers.watchInterval)
    }
  }

  private func current(_ service: String) async -> GrpcHealthV1.HealthCheckResponse.ServingStatus {
    guard service.isEmpty || services.contains(service) else { return .serviceUnknown }
    return await isServing() ? .serving : .notServing
  }
}
