import Authority
import GRPCCore
import HubAPI
import Logging
import Manifests
import NIOPosix
import Programs
import TestSupport
import Testing
import Trust

@testable import Wire

@Suite("Which gRPC status an error of the hub has", .timeLimit(.minutes(4)))
struct StatusTests {
  /// Refuses every enrolment with the kind of error that the token is named after.
  private struct Refusing: FlotillaV1.EnrollmentService {
    func enroll(_ request: FlotillaV1.EnrollRequest, _ call: ServerCall) async throws -> FlotillaV1.EnrollResponse {
      throw FleetError(
        FleetError.Code(String(decoding: request.tokenID, as: UTF8.self)), "it is so", cause: "because",
        nextStep: "do this next")
    }
    func requestChallenge(
      _ request: FlotillaV1.RequestChallengeRequest, _ call: ServerCall
    ) async throws -> FlotillaV1.RequestChallengeResponse { .init() }
    func renewByChallenge(
      _ request: FlotillaV1.RenewByChallengeRequest, _ call: ServerCall
    ) async throws -> FlotillaV1.RenewByChallengeResponse { .init() }
    func renew(_ request: FlotillaV1.RenewRequest, _ call: ServerCall) async throws -> FlotillaV1.RenewResponse {
      .init()
    }
  }

  private func withServer(_ body: @escaping @Sendable (RawClient) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let keys = try HubKeys.create(
        in: "\(directory)/keys", fleet: "small", quorum: .development, rootDirectory: "\(directory)/root",
        passphrases: [], at: .now
      ).keys
      let authority = keys.authority.certificate.der
      let key = try PrivateKey.generate(.ecdsaP256)
      let certificate = try keys.authority.issueHub(for: key.publicKey, hosts: ["localhost"], at: .now)
      let tls = try ServerTLS(
        identity: try TLSIdentity(
          certificateChain: [certificate.der, authority], privateKey: .pem(try key.pem())), clientRoots: [authority])
      let server = WireServer(
        .init(
          host: "127.0.0.1", port: 0, tls: tls, fleet: "small", refusal: { _ in nil }, now: { .now },
          statuses: HubStatuses.table),
        services: [Refusing()], eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
        logger: Logger(label: "server") { _ in SwiftLogNoOpLogHandler() })
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        let address = HubAddress(host: "127.0.0.1", port: try #require(await server.boundPort))
        let client = ClientTLS(
          identity: nil, trust: HubTrust(anchor: .certificates([authority]), fleet: "small"))
        let connector = HubConnector(
          address: address, material: client.current, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
          ending: ConnectionEnding(address))
        try await RawClient.with(connector, body)
        server.beginGracefulShutdown()
      }
    }
  }

  private func outcome(_ code: FleetError.Code, _ client: RawClient) async throws -> RawClient.Outcome {
    let request = FlotillaV1.EnrollRequest(tokenID: Array(code.rawValue.utf8))
    let bytes: [UInt8] = request.encoded()
    return try await client.call(FlotillaV1.EnrollmentMethods.enroll.descriptor, bytes)
  }

  @Test("every kind of the table crosses the wire with its status, its code, its cause and its next step")
  func table() async throws {
    try await withServer { client in
      for (code, status) in HubStatuses.table {
        let outcome = try await outcome(code, client)
        #expect(outcome.status == StatusTests.expected(status), "\(code.rawValue)")
        #expect(outcome.error?.code == code)
        #expect(outcome.error?.message == "it is so")
        #expect(outcome.error?.cause == "because")
        #expect(outcome.error?.nextStep == "do this next")
      }
    }
  }

  @Test("a kind that no table names is FAILED_PRECONDITION")
  func unlisted() async throws {
    try await withServer { client in
      let outcome = try await outcome(FleetError.Code("something-new"), client)
      #expect(outcome.status == .failedPrecondition)
      #expect(outcome.error?.code.rawValue == "something-new")
    }
  }

  private static func expected(_ status: WireStatus) -> RPCError.Code {
    switch status {
    case .notFound: .notFound
    case .invalidArgument: .invalidArgument
    case .failedPrecondition: .failedPrecondition
    case .alreadyExists: .alreadyExists
    case .permissionDenied: .permissionDenied
    case .unauthenticated: .unauthenticated
    case .unavailable: .unavailable
    case .deadlineExceeded: .deadlineExceeded
    case .cancelled: .cancelled
    case .resourceExhausted: .resourceExhausted
    case .unimplemented: .unimplemented
    case .internalError: .internalError
    }
  }
}
