public import Manifests
public import Trust

/// Who is at the other end of a connection, by the certificate whose chain TLS has verified.
public struct Peer: Hashable, Sendable {
  public let identity: PeerIdentity
  public let certificate: Certificate

  /// Reads the holder of an X.509 certificate in DER; throws `invalid-certificate` for one that is no fleet identity.
  public init(certificate der: [UInt8]) throws(FleetError) {
    certificate = try Certificate(der: der)
    identity = try certificate.identity()
  }
}

extension FleetError {
  static func certificateRequired(_ method: String) -> FleetError {
    FleetError(
      .certificateRequired, "\(method) needs a client certificate",
      nextStep: "enrol first, or connect with the certificate that enrolment gave")
  }

  static let certificateExpired = FleetError(
    .certificateExpired, "the client certificate has expired",
    nextStep: "renew it; an agent does that by itself, an operator asks for a new one")

  static func wrongFleet(_ peer: Peer) -> FleetError {
    FleetError(.certificateUnusable, "the client certificate is of another fleet: \(peer.identity)")
  }
}
