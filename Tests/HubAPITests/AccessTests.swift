import FleetModel
import FleetStore
import GRPCCore
import HubAPI
import HubSite
import Manifests
import ReleasePipeline
import Testing
import Trust

@testable import Wire

@Suite("Who may call what", .timeLimit(.minutes(8)))
struct AccessTests {
  private static let all =
    FlotillaV1.AgentMethods.all + FlotillaV1.EnrollmentMethods.all + GrpcHealthV1.HealthMethods.all + forOperators
  /// What only operators may call.
  private static let forOperators =
    FlotillaV1.OperatorMethods.all + GrpcReflectionV1.ServerReflectionMethods.all

  /// What each operator's method needs, apart from what the table of the hub says.
  private static func needed(_ method: MethodDescriptor) -> OperatorRole? {
    switch method.method {
    case let name where name.hasPrefix("Get") || name.hasPrefix("List") || name.hasPrefix("Watch"): .viewer
    case "ExportAudit", "RenewOperator": .viewer
    case "SyncNow", "ApproveRollout", "ConfirmDeletions", "OperateRollout": .deployer
    case "OperateApp", "Suspend", "Unsuspend": .deployer
    case "CreateClusterToken", "ApproveCluster", "RevokeCluster": .admin
    case "AddOperator", "ChangeOperator", "RemoveOperator": .admin
    default: OperatorRules.table[method.method]?.role
    }
  }

  /// A request that is answered soon where the method is allowed.
  private static func request(_ method: MethodDescriptor) -> [UInt8]? {
    switch method {
    case FlotillaV1.AgentMethods.session.descriptor: nil
    case FlotillaV1.OperatorMethods.watchEvents.descriptor: FlotillaV1.WatchEventsRequest(after: 0).encoded()
    default: []
    }
  }

  private static func uid(_ text: String) throws -> ClusterUID { try #require(ClusterUID(text)) }

  @Test("every call of operators is in the table of what calls need, and nothing else is")
  func everyCall() {
    #expect(Set(OperatorRules.table.keys) == Set(FlotillaV1.OperatorMethods.all.map(\.method)))
    for (name, rule) in OperatorRules.table {
      // What changes something says where, or is about the caller alone.
      let changes = rule.role > .viewer && name != "SyncNow"
      #expect(changes == (rule.reach != .nothing), "\(name)")
    }
  }

  @Test("without a certificate: enrolment and the renewal by challenge, and nothing else")
  func nobody() async throws {
    let open: Set<MethodDescriptor> = [
      FlotillaV1.EnrollmentMethods.enroll.descriptor, FlotillaV1.EnrollmentMethods.requestChallenge.descriptor,
      FlotillaV1.EnrollmentMethods.renewByChallenge.descriptor,
    ]
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: nil) { client in
        for method in AccessTests.all {
          let outcome = try await client.call(method, AccessTests.request(method))
          let isRefused = outcome.error?.code == .certificateRequired
          #expect(isRefused != open.contains(method), "\(method)")
          if isRefused { #expect(outcome.status == .unauthenticated && outcome.error?.nextStep.isEmpty == false) }
        }
      }
    }
  }

  @Test("an agent's certificate opens the agents' calls and the health service, and no operator's call")
  func agent() async throws {
    try await OpenHub.with { hub in
      let dev = try TestAgent("dev-1")
      try await dev.enroll(hub.hub)
      let uid = try #require(await dev.uid)
      try await hub.connectRaw(as: .cluster(uid)) { client in
        for method in AccessTests.all {
          let outcome = try await client.call(method, AccessTests.request(method))
          let isRefused = outcome.error?.code == .permissionDenied
          #expect(isRefused == AccessTests.forOperators.contains(method), "\(method): \(outcome)")
          if isRefused { #expect(outcome.status == .permissionDenied) }
        }
      }
    }
  }

  @Test(
    "a role may what it is for and less, and the refusal names the role that is needed",
    arguments: OperatorRole.allCases)
  func roles(_ role: OperatorRole) async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator(role.rawValue)) { client in
        for method in FlotillaV1.OperatorMethods.all {
          let needed = try #require(AccessTests.needed(method), "\(method) is not in the table")
          let outcome = try await client.call(method, AccessTests.request(method))
          let isRefused = outcome.error?.code == .operatorRefused
          #expect(isRefused == (role < needed), "\(method): \(outcome)")
          guard isRefused else { continue }
          #expect(outcome.status == .permissionDenied)
          #expect(outcome.error?.message.contains(needed.rawValue) == true)
          #expect(outcome.error?.nextStep == "ask an admin")
        }
      }
    }
  }

  @Test("an operator's certificate opens no agent's call, whatever the role")
  func operatorAsAgent() async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator("admin")) { client in
        for method in FlotillaV1.AgentMethods.all + [FlotillaV1.EnrollmentMethods.renew.descriptor] {
          let outcome = try await client.call(method, AccessTests.request(method))
          #expect(outcome.error?.code == .permissionDenied, "\(method): \(outcome)")
          #expect(outcome.status == .permissionDenied)
        }
        for method in GrpcHealthV1.HealthMethods.all {
          let outcome = try await client.call(method)
          #expect(outcome.error == nil, "\(method): \(outcome)")
        }
      }
    }
  }

  @Test("an operator whom the hub's store does not know may nothing, with a certificate of its own authority too")
  func unknownOperator() async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator("mallory")) { client in
        for method in AccessTests.forOperators {
          let outcome = try await client.call(method, AccessTests.request(method))
          #expect(outcome.error?.code == .operatorRefused, "\(method): \(outcome)")
        }
      }
    }
  }

  @Test("a revoked cluster's certificate opens nothing from then on but what is open to everybody")
  func revoked() async throws {
    try await OpenHub.with { hub in
      let dev = try TestAgent("dev-1")
      try await dev.enroll(hub.hub)
      let uid = try #require(await dev.uid)
      _ = try await hub.ask {
        try await $0.revokeCluster(.init(name: "dev-1", clusterUID: uid.wireBytes, reason: "stolen"))
      }
      try await hub.connectRaw(as: .cluster(uid)) { client in
        for method in FlotillaV1.AgentMethods.all {
          let outcome = try await client.call(method, AccessTests.request(method))
          #expect(outcome.error?.code == .certificateRevoked, "\(method): \(outcome)")
          #expect(outcome.status == .permissionDenied)
        }
      }
    }
  }
}
