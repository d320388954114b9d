import Digests
import FleetModel
public import Logging
import Manifests
public import NIOCore
import Trust
import Wire

/// Turns a join token into an identity.
///
/// The keys are on disk before the token is used: when the hub's answer is lost, or the agent is killed, the same keys
/// ask again and get the same answer.
public struct EnrollAgent: Sendable {
  private static let keysFile = "enrolling.json"
  private static let format = "flotilla.agent-keys/1"
  /// Between two questions while an operator has not approved the cluster yet, unless the hub names another span.
  private static let approvalInterval: Duration = .seconds(5)
  /// The longest span that a hub's answer can make an agent wait between two questions.
  private static let longestInterval: Duration = .seconds(600)

  private let state: StateDirectory
  private let version: String
  private let eventLoopGroup: any EventLoopGroup
  private let logger: Logger

  public init(state: StateDirectory, version: String, eventLoopGroup: any EventLoopGroup, logger: Logger) {
    self.state = state
    self.version = version
    self.eventLoopGroup = eventLoopGroup
    self.logger = logger
  }

  /// Enrols; waits for an operator's approval where the fleet asks for one, also over restarts of the hub.
  ///
  /// Throws when the hub cannot be reached at first, and when it refuses: the token, or the cluster's admission.
  public func enroll(token text: String) async throws -> AgentIdentity {
    let ticket = try JoinTicket(text: text)
    guard let hub = HubAddress(text: ticket.address) else {
      throw FleetError(.invalidToken, "the join token names no address of a hub")
    }
    let keys = try loadKeys()
    let request = try CertificateRequest(for: keys.tls)
    let reportKey = keys.report.publicKey.ed25519Bytes ?? []
    let message = FlotillaV1.EnrollRequest(
      tokenID: Array(ticket.id.utf8), csr: request.der, reportKey: reportKey,
      proof: try ticket.proof(request: request.der, reportKey: reportKey), agentVersion: version)
    let tls = ClientTLS(identity: nil, trust: HubTrust(anchor: .publicKey(ticket.authority), fleet: ticket.fleet))
    let ask = { @Sendable () async throws in
      try await HubChannel.withConnection(to: hub, tls: tls, eventLoopGroup: eventLoopGroup) { channel in
        try await FlotillaV1.EnrollmentClient(channel).enroll(message)
      }
    }
    // What an operator compares is the key that this agent has, whatever the hub says that it is.
    let key = request.publicKey.spkiDigest.hex
    var answer = try await ask()
    while true {
      switch answer.outcome {
      case .credentials(let credentials): return try finish(credentials, ticket, hub, keys)
      case .pending(let pending): answer = try await waitForApproval(pending, key: key, ask)
      case nil: throw FleetError(.invalidRequest, "the hub's answer is empty")
      }
    }
  }

  /// Asks again after a while, until the hub can be reached.
  private func waitForApproval(
    _ pending: FlotillaV1.EnrollmentPending, key: String,
    _ ask: @Sendable () async throws -> FlotillaV1.EnrollResponse
  ) async throws -> FlotillaV1.EnrollResponse {
    let wanted = max(.milliseconds(pending.retryAfterMs), EnrollAgent.approvalInterval)
    let interval = min(wanted, EnrollAgent.longestInterval)
    logger.notice(
      "waiting for an operator's approval: `flotilla cluster approve NAME --key KEY`",
      metadata: ["key": "\(key)", "retry-in": "\(interval)"])
    while true {
      try await Task.sleep(for: interval)
      do {
        return try await ask()
      } catch let error as FleetError {
        guard error.code == .unavailable || error.code == .timedOut else { throw error }
        logger.warning("the hub cannot be asked", metadata: ["error": "\(error)", "retry-in": "\(interval)"])
      }
    }
  }

  private func finish(
    _ credentials: FlotillaV1.Credentials, _ ticket: JoinTicket, _ hub: HubAddress, _ keys: Keys
  ) throws -> AgentIdentity {
    let root = try RootMetadata(trusting: credentials.rootMetadata, digest: ticket.root)
    guard let cluster = ClusterUID(wire: credentials.clusterUID), credentials.fleet.hasSameBytes(as: ticket.fleet)
    else {
      throw FleetError(.wrongAudience, "the hub's answer is for another fleet")
    }
    let identity = AgentIdentity(
      fleet: credentials.fleet, cluster: cluster, hub: hub, chain: credentials.certificateChain,
      authorities: credentials.hubCA, tlsKey: keys.tls, reportKey: keys.report)
    let own = try identity.certificate().identity()
    guard own == PeerIdentity(fleet: identity.fleet, name: .cluster(cluster)) else {
      throw FleetError(.invalidCertificate, "the certificate is for \(own)")
    }
    _ = try MetadataClient(
      first: root, fleet: identity.fleet, cluster: cluster, storage: StoredMetadata(state: state))
    // Last: an agent with an identity has everything else.
    try identity.store(in: state)
    try state.remove(EnrollAgent.keysFile)
    return identity
  }

  private struct Keys {
    var tls: PrivateKey
    var report: PrivateKey
  }

  private func loadKeys() throws(FleetError) -> Keys {
    if let bytes = try state.read(EnrollAgent.keysFile) {
      let file = EnrollAgent.keysFile
      return try Field(try JSON.parse(bytes, file: file), file: file).object { fields throws(FleetError) in
        try fields.expect("format", EnrollAgent.format)
        return Keys(
          tls: try PrivateKey.read(pem: Array(try fields.required("tls_key").string().utf8)),
          report: try PrivateKey.read(pem: Array(try fields.required("report_key").string().utf8)))
      }
    }
    let keys = Keys(tls: try PrivateKey.generate(.ecdsaP256), report: try PrivateKey.generate(.ed25519))
    try state.write(
      EnrollAgent.keysFile,
      JSON.canonical([
        "format": .string(EnrollAgent.format),
        "tls_key": .string(String(decoding: try keys.tls.pem(), as: UTF8.self)),
        "report_key": .string(String(decoding: try keys.report.pem(), as: UTF8.self)),
      ]))
    return keys
  }
}
