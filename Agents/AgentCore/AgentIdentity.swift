public import FleetModel
public import Manifests
import Trust
public import Wire

/// Who the agent is: what enrolment gave it, and its keys. On disk in the agent's state directory.
public struct AgentIdentity: Sendable {
  public let fleet: String
  public let cluster: ClusterUID
  public let hub: HubAddress
  /// The agent's certificate chain, X.509 in DER, its own first.
  let chain: [[UInt8]]
  /// The authorities of the hub's certificate, X.509 in DER.
  let authorities: [[UInt8]]
  let tlsKey: PrivateKey
  let reportKey: PrivateKey

  private static let fileName = "identity.json"
  private static let format = "flotilla.agent-identity/1"

  init(
    fleet: String, cluster: ClusterUID, hub: HubAddress, chain: [[UInt8]], authorities: [[UInt8]], tlsKey: PrivateKey,
    reportKey: PrivateKey
  ) {
    self.fleet = fleet
    self.cluster = cluster
    self.hub = hub
    self.chain = chain
    self.authorities = authorities
    self.tlsKey = tlsKey
    self.reportKey = reportKey
  }

  /// The identity in a state directory, or nil before enrolment.
  public init?(in state: StateDirectory) throws(FleetError) {
    guard let bytes = try state.read(AgentIdentity.fileName) else { return nil }
    let file = AgentIdentity.fileName
    self = try Field(try JSON.parse(bytes, file: file), file: file).object { fields throws(FleetError) in
      try fields.expect("format", AgentIdentity.format)
      let hub = try fields.required("hub").object { inner throws(FleetError) in
        HubAddress(
          host: try inner.required("host").nonEmptyString(), port: try inner.required("port").int(in: 1...65535))
      }
      return AgentIdentity(
        fleet: try fields.required("fleet").nonEmptyString(),
        cluster: try fields.required("cluster").text("a cluster uid") { ClusterUID($0) }, hub: hub,
        chain: try fields.required("chain").certificates(),
        authorities: try fields.required("authorities").certificates(),
        tlsKey: try PrivateKey.read(pem: Array(try fields.required("tls_key").string().utf8)),
        reportKey: try PrivateKey.read(pem: Array(try fields.required("report_key").string().utf8)))
    }
  }

  /// Writes the identity, all in one file: a killed agent has the old certificate with its key, or the new with its own.
  func store(in state: StateDirectory) throws(FleetError) {
    func texts(_ certificates: [[UInt8]]) -> Value {
      .array(certificates.map { .string(String(decoding: Base64.encode($0), as: UTF8.self)) })
    }
    let value: Value = [
      "format": .string(AgentIdentity.format), "fleet": .string(fleet), "cluster": .string(cluster.rawValue),
      "hub": ["host": .string(hub.host), "port": .integer(Int64(hub.port))], "chain": texts(chain),
      "authorities": texts(authorities), "tls_key": .string(String(decoding: try tlsKey.pem(), as: UTF8.self)),
      "report_key": .string(String(decoding: try reportKey.pem(), as: UTF8.self)),
    ]
    try state.write(AgentIdentity.fileName, JSON.canonical(value))
  }

  /// The same agent with what a renewal gave it.
  func renewed(chain: [[UInt8]], authorities: [[UInt8]], tlsKey: PrivateKey) -> AgentIdentity {
    AgentIdentity(
      fleet: fleet, cluster: cluster, hub: hub, chain: chain, authorities: authorities, tlsKey: tlsKey,
      reportKey: reportKey)
  }

  func certificate() throws(FleetError) -> Certificate {
    guard let own = chain.first else { throw FleetError(.invalidCertificate, "the agent has no certificate") }
    return try Certificate(der: own)
  }

  /// What a connection to the hub shows and trusts.
  func tlsIdentity() throws(FleetError) -> TLSIdentity {
    try TLSIdentity(certificateChain: chain, privateKey: .pem(try tlsKey.pem()))
  }

  var trust: HubTrust { HubTrust(anchor: .certificates(authorities), fleet: fleet) }
}

extension Field {
  fileprivate func certificates() throws(FleetError) -> [[UInt8]] {
    try array { field throws(FleetError) in try field.text("base64") { Base64.decode(Array($0.utf8)) } }
  }
}
