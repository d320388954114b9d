import GRPCCore
import Manifests
import Testing

@testable import Wire

@Suite("How an error reaches the client", .timeLimit(.minutes(1)))
struct FailureTests {
  private static let whole = FleetError(
    FleetError.Code("image-unknown"), "no such image — schade",
    at: .init(
      file: "apps/shop/app.yaml", line: 12, column: 3, field: "spec.image", cluster: "fra-1", app: "shop",
      object: "apps/Deployment/shop/web"),
    cause: "registry said \"404\"\nand no more", nextStep: "fix the tag")

  private func agent(throwing error: any Error) -> ScriptedAgent {
    ScriptedAgent(
      onSession: { _, _, _ in throw error }, onGetMetadata: { _, _ in throw error },
      onGetBlobs: { _, responses, _ in
        try await responses.write(.init(data: [1]))
        throw error
      })
  }

  @Test("whole, from calls of every shape")
  func whole() async throws {
    try await TestHub.run([agent(throwing: Self.whole)]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let client = FlotillaV1.AgentClient(channel)
        #expect(await failure { try await client.getMetadata(.init()) } == Self.whole)
        #expect(await failure { try await client.getBlobs(.init()) { for try await _ in $0 {} } } == Self.whole)
        let session = await failure { try await client.session(sending: { _ in }) { for try await _ in $0 {} } }
        #expect(session == Self.whole)
      }
    }
  }

  @Test("with a status that any gRPC client understands; the server's own kinds by its table")
  func statuses() throws {
    let statuses = WireStatuses([FleetError.Code("token-used"): .alreadyExists])
    func status(_ code: FleetError.Code) -> RPCError.Code { FleetError(code, "x").rpcError(statuses).code }
    #expect(status(.notFound) == .notFound)
    #expect(status(.invalidRequest) == .invalidArgument)
    #expect(status(.certificateRequired) == .unauthenticated)
    #expect(status(.permissionDenied) == .permissionDenied)
    #expect(status(.unavailable) == .unavailable)
    #expect(status(FleetError.Code("token-used")) == .alreadyExists)
    #expect(status(FleetError.Code("anything-else")) == .failedPrecondition)
    #expect(FleetError(.notFound, "no cluster x").rpcError().message == "no cluster x [not-found]")
  }

  @Test("what is no error of ours stays in the server")
  func foreign() async throws {
    struct Secret: Error { let key = "hunter2" }
    try await TestHub.run([agent(throwing: Secret())]) { hub in
      let error = await fails(.internalFailure) { try await hub.whoAmI(as: "fra-1") }
      #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
  }

  @Test("one too long for a header arrives shortened, with its kind and next step")
  func long() async throws {
    let text = String(repeating: "é", count: 20_000)
    let error = FleetError(
      FleetError.Code("image-unknown"), text, at: .init(file: text, line: 3, field: text, object: text), cause: text,
      nextStep: "wait")
    try await TestHub.run([agent(throwing: error)]) { hub in
      let received = await fails(error.code) { try await hub.whoAmI(as: "fra-1") }
      #expect(received?.message.hasPrefix("ééé") == true)
      #expect(received?.address.line == 3)
      #expect(received?.nextStep == "wait")
    }
  }

  @Test("a method that the server does not have is not supported")
  func unknownMethod() async throws {
    try await TestHub.run([OpenEnrollment()]) { hub in
      await fails(.notSupported) { try await hub.whoAmI(as: "fra-1") }
    }
  }

  @Test("an error detail of a newer server keeps its code")
  func unknownCode() throws {
    let error = FleetError(FlotillaV1.ErrorDetail(code: "brand-new", message: "m", address: .init(line: -4)))
    #expect(error.code.rawValue == "brand-new")
    #expect(error.address.line == nil)
  }
}
