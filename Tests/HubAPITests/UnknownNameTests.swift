import Digests
import FleetModel
import FleetStore
import GRPCCore
import HubSite
import Manifests
import ReleasePipeline
import Testing
import Trust

@testable import Wire

@Suite("What is named and does not exist", .timeLimit(.minutes(8)))
struct UnknownNameTests {
  private struct Case {
    var method: MethodDescriptor
    var request: [UInt8]
    var code: FleetError.Code

    init(_ method: MethodDescriptor, _ request: [UInt8], _ code: FleetError.Code) {
      self.method = method
      self.request = request
      self.code = code
    }
  }

  private static let digest = Digest(of: Array("nothing".utf8)).bytes

  private static let cases: [Case] = [
    Case(
      FlotillaV1.OperatorMethods.getCluster.descriptor, FlotillaV1.GetClusterRequest(name: "nowhere").encoded(),
      .clusterNotDeclared),
    Case(
      FlotillaV1.OperatorMethods.getApp.descriptor, FlotillaV1.GetAppRequest(name: "nothing").encoded(),
      .appNotDeclared),
    Case(
      FlotillaV1.OperatorMethods.createClusterToken.descriptor,
      FlotillaV1.CreateClusterTokenRequest(name: "nowhere").encoded(), .clusterNotDeclared),
    Case(
      FlotillaV1.OperatorMethods.approveCluster.descriptor,
      FlotillaV1.ApproveClusterRequest(name: "nowhere", keySHA256: digest).encoded(), .clusterUnknown),
    Case(
      FlotillaV1.OperatorMethods.revokeCluster.descriptor, FlotillaV1.RevokeClusterRequest(name: "nowhere").encoded(),
      .clusterUnknown),
    Case(
      FlotillaV1.OperatorMethods.getRollout.descriptor, FlotillaV1.GetRolloutRequest(which: .id("r-0")).encoded(),
      .rolloutUnknown),
    Case(
      FlotillaV1.OperatorMethods.getRollout.descriptor, FlotillaV1.GetRolloutRequest(which: .app("none")).encoded(),
      .rolloutUnknown),
    Case(
      FlotillaV1.OperatorMethods.approveRollout.descriptor,
      FlotillaV1.ApproveRolloutRequest(id: "r-0", stage: "dev", release: digest).encoded(), .rolloutUnknown),
    Case(
      FlotillaV1.OperatorMethods.operateRollout.descriptor,
      FlotillaV1.OperateRolloutRequest(id: "r-0", act: .pause(.init())).encoded(), .rolloutUnknown),
    Case(
      FlotillaV1.OperatorMethods.listRollouts.descriptor, FlotillaV1.ListRolloutsRequest(app: "nothing").encoded(),
      .appNotDeclared),
    Case(
      FlotillaV1.OperatorMethods.listRestraints.descriptor,
      FlotillaV1.ListRestraintsRequest(app: "nothing").encoded(), .appNotDeclared),
  ]

  @Test("is NOT_FOUND in every operator's call, with what to do")
  func operatorCalls() async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator("admin")) { client in
        for one in UnknownNameTests.cases {
          let outcome = try await client.call(one.method, one.request)
          #expect(outcome.status == .notFound, "\(one.method): \(outcome)")
          #expect(outcome.error?.code == one.code, "\(one.method)")
          #expect(outcome.error?.nextStep.isEmpty == false, "\(one.method)")
        }
        let health = GrpcHealthV1.HealthCheckRequest(service: "flotilla.v1.Nothing")
        let outcome = try await client.call(GrpcHealthV1.HealthMethods.check.descriptor, health.encoded())
        #expect(outcome.status == .notFound)
      }
    }
  }

  @Test("is UNIMPLEMENTED where it is the method itself")
  func method() async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator("admin")) { client in
        let service = ServiceDescriptor(fullyQualifiedService: "flotilla.v1.Operator")
        let outcome = try await client.call(MethodDescriptor(service: service, method: "Nothing", type: .unary))
        #expect(outcome.status == .unimplemented)
      }
    }
  }

  @Test("what is not even a name is INVALID_ARGUMENT with the field")
  func malformed() async throws {
    try await OpenHub.with { hub in
      try await hub.connectRaw(as: .operator("admin")) { client in
        let cases: [(MethodDescriptor, [UInt8], String)] = [
          (FlotillaV1.OperatorMethods.getRollout.descriptor, [], "which"),
          (
            FlotillaV1.OperatorMethods.revokeCluster.descriptor,
            FlotillaV1.RevokeClusterRequest(name: "dev-1", clusterUID: [0]).encoded(), "cluster_uid"
          ),
          (
            FlotillaV1.OperatorMethods.approveCluster.descriptor,
            FlotillaV1.ApproveClusterRequest(name: "dev-1", keySHA256: [1, 2]).encoded(), "key_sha256"
          ),
          (
            FlotillaV1.OperatorMethods.approveRollout.descriptor,
            FlotillaV1.ApproveRolloutRequest(id: "r-0", stage: "dev", release: [1]).encoded(), "release"
          ),
          (
            FlotillaV1.OperatorMethods.operateRollout.descriptor,
            FlotillaV1.OperateRolloutRequest(id: "r-0").encoded(), "act"
          ),
          (
            FlotillaV1.OperatorMethods.operateRollout.descriptor,
            FlotillaV1.OperateRolloutRequest(id: "r-0", act: .exclude(.init())).encoded(), "exclude.cluster"
          ),
          (
            FlotillaV1.OperatorMethods.listClusters.descriptor,
            FlotillaV1.ListClustersRequest(environment: "nowhere").encoded(), "environment"
          ),
          (
            FlotillaV1.EnrollmentMethods.requestChallenge.descriptor,
            FlotillaV1.RequestChallengeRequest(clusterUID: [0]).encoded(), "cluster_uid"
          ),
          (
            FlotillaV1.EnrollmentMethods.enroll.descriptor, FlotillaV1.EnrollRequest(tokenID: [0]).encoded(), "token_id"
          ),
        ]
        for (method, request, field) in cases {
          let outcome = try await client.call(method, request)
          #expect(outcome.status == .invalidArgument, "\(method): \(outcome)")
          #expect(outcome.error?.address.field == field, "\(method)")
        }
      }
    }
  }
}
