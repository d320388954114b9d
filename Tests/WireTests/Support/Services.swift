import Manifests
import Synchronization
import Testing
import Trust
import Wire

/// An agent service whose methods a test gives; each says by default who called.
struct ScriptedAgent: FlotillaV1.AgentService {
  typealias Session =
    @Sendable (MessageStream<FlotillaV1.AgentMessage>, MessageWriter<FlotillaV1.HubMessage>, ServerCall) async throws ->
    Void

  var onSession: Session = { requests, responses, call in
    for try await _ in requests {
      try await responses.write(.init(body: .welcome(.init(hubVersion: call.caller))))
    }
  }
  var onGetView: @Sendable (FlotillaV1.GetViewRequest, ServerCall) async throws -> FlotillaV1.GetViewResponse =
    { _, _ in .init() }
  var onGetMetadata:
    @Sendable (FlotillaV1.GetMetadataRequest, ServerCall) async throws -> FlotillaV1.GetMetadataResponse =
      { _, call in .init(content: Array(call.caller.utf8)) }
  var onGetBlobs:
    @Sendable (FlotillaV1.GetBlobsRequest, MessageWriter<FlotillaV1.BlobChunk>, ServerCall) async throws -> Void =
      { _, _, _ in }

  func session(
    _ requests: MessageStream<FlotillaV1.AgentMessage>, _ responses: MessageWriter<FlotillaV1.HubMessage>,
    _ call: ServerCall
  ) async throws { try await onSession(requests, responses, call) }

  func getView(
    _ request: FlotillaV1.GetViewRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetViewResponse { try await onGetView(request, call) }

  func getMetadata(
    _ request: FlotillaV1.GetMetadataRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetMetadataResponse { try await onGetMetadata(request, call) }

  func getBlobs(
    _ request: FlotillaV1.GetBlobsRequest, _ responses: MessageWriter<FlotillaV1.BlobChunk>, _ call: ServerCall
  ) async throws { try await onGetBlobs(request, responses, call) }
}

/// An enrolment service that takes everybody and says who came.
struct OpenEnrollment: FlotillaV1.EnrollmentService {
  func enroll(_ request: FlotillaV1.EnrollRequest, _ call: ServerCall) async throws -> FlotillaV1.EnrollResponse {
    .init(outcome: .credentials(.init(fleet: call.caller)))
  }
  func requestChallenge(
    _ request: FlotillaV1.RequestChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RequestChallengeResponse { .init(challenge: Array(call.caller.utf8)) }
  func renewByChallenge(
    _ request: FlotillaV1.RenewByChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RenewByChallengeResponse { .init(credentials: .init(fleet: call.caller)) }
  func renew(_ request: FlotillaV1.RenewRequest, _ call: ServerCall) async throws -> FlotillaV1.RenewResponse {
    .init(credentials: .init(fleet: try call.requirePeer().name))
  }
}

extension ServerCall {
  var caller: String { peer?.name ?? "nobody" }
}

extension Peer {
  /// Such as `acme/cluster/fra-1`.
  var name: String { String(identity.uri.dropFirst("spiffe://".count)) }
}

extension HubChannel {
  /// Whom the hub takes this client for.
  func whoAmI() async throws -> String {
    String(decoding: try await FlotillaV1.AgentClient(self).getMetadata(.init()).content, as: UTF8.self)
  }
}

/// Something that happens once and that a test waits for.
final class Signal: Sendable {
  private let stream = AsyncStream.makeStream(of: Void.self)
  private let happened = Mutex(false)

  var hasHappened: Bool { happened.withLock { $0 } }

  func send() {
    happened.withLock { $0 = true }
    stream.continuation.finish()
  }

  /// Returns when it has happened; throws when that takes longer than `limit`.
  func wait(_ limit: Duration = .seconds(30)) async throws {
    try await within(limit) {
      for await _ in self.stream.stream {}
      // The stream ends also when this task is cancelled.
      if !self.hasHappened { throw CancellationError() }
    }
  }
}

/// Runs `body`; throws `timed-out` when it takes longer than `limit`.
func within<Result: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let result = first else {
      throw FleetError(.timedOut, "nothing within \(limit)")
    }
    return result
  }
}

/// The error that `body` throws, which must be one of ours; nil when it throws none.
func failure(_ body: () async throws -> some Any) async -> FleetError? {
  do {
    _ = try await body()
    return nil
  } catch {
    if !(error is FleetError) { Issue.record("an error of another type: \(error)") }
    return error as? FleetError
  }
}

/// Expects that `body` throws an error of this kind, and returns it.
@discardableResult
func fails(
  _ code: FleetError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any
) async -> FleetError? {
  let error = await failure(body)
  #expect(error?.code == code, sourceLocation: sourceLocation)
  return error
}

extension TestHub {
  /// Whom the hub takes a client with that certificate for, over a connection of its own.
  func whoAmI(as name: String?, trust: HubTrust? = nil) async throws -> String {
    try await connect(as: name, trust: trust) { try await $0.whoAmI() }
  }
}

/// `#expect(left == right)` for values that are awaited inside a closure, which the macro cannot do.
func equal<Value: Equatable>(_ left: Value, _ right: Value, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(left == right, sourceLocation: sourceLocation)
}
