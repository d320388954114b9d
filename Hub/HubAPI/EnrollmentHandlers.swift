internal import Digests
internal import FleetModel
internal import Manifests
public import ReleasePipeline
public import Wire

/// How agents come by certificates and keep them.
public struct EnrollmentHandlers: FlotillaV1.EnrollmentService {
  private let hub: FleetHub

  public init(hub: FleetHub) { self.hub = hub }

  public func enroll(
    _ request: FlotillaV1.EnrollRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.EnrollResponse {
    guard let id = String(validating: request.tokenID, as: UTF8.self), !id.utf8.contains(0) else {
      throw FleetError(.invalidRequest, "not a token's id", at: .init(field: "token_id"))
    }
    let answer = try await hub.enrollment.enroll(
      token: id, request: request.csr, reportKey: request.reportKey, proof: request.proof)
    switch answer {
    case .credentials(let credentials): return .init(outcome: .credentials(.init(credentials)))
    case .pending(let key, let retryAfter):
      return .init(outcome: .pending(.init(keySHA256: key.bytes, retryAfterMs: retryAfter.inMilliseconds)))
    }
  }

  public func requestChallenge(
    _ request: FlotillaV1.RequestChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RequestChallengeResponse {
    let (nonce, expires) = try await hub.enrollment.challenge(for: try cluster(request.clusterUID))
    return .init(challenge: nonce, expiresUnixMs: expires.milliseconds)
  }

  public func renewByChallenge(
    _ request: FlotillaV1.RenewByChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RenewByChallengeResponse {
    let credentials = try await hub.enrollment.renewByChallenge(
      try cluster(request.clusterUID), challenge: request.challenge, request: request.csr, signature: request.signature)
    return .init(credentials: .init(credentials))
  }

  public func renew(
    _ request: FlotillaV1.RenewRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RenewResponse {
    let cluster = try await hub.access.requireCluster(call)
    return .init(credentials: .init(try await hub.enrollment.renew(cluster, request: request.csr)))
  }

  private func cluster(_ bytes: [UInt8]) throws(FleetError) -> ClusterUID {
    guard let uid = ClusterUID(wire: bytes) else {
      throw FleetError(.invalidRequest, "not a cluster uid", at: .init(field: "cluster_uid"))
    }
    return uid
  }
}

extension FlotillaV1.Credentials {
  fileprivate init(_ credentials: ClusterEnrollment.Credentials) {
    self.init(
      fleet: credentials.fleet, clusterUID: credentials.cluster.wireBytes, certificateChain: credentials.chain,
      hubCA: credentials.authorities, notAfterUnixMs: credentials.notAfter.milliseconds,
      rootMetadata: credentials.root)
  }
}
