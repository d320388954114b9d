public import FleetModel
public import Manifests

/// Who is at the other end of a connection, as its verified certificate says.
public struct Peer: Hashable, Sendable {
  /// What an identity may be in a fleet.
  public enum Role: Hashable, Sendable {
    case cluster(ClusterUID)
    case `operator`(String)
    case hub
  }

  public var fleet: String
  public var role: Role
  /// The certificate's serial number, as its bytes.
  public var serial: [UInt8]
  /// When the certificate ends.
  public var notAfter: Timestamp

  public init(fleet: String, role: Role, serial: [UInt8], notAfter: Timestamp) {
    self.fleet = fleet
    self.role = role
    self.serial = serial
    self.notAfter = notAfter
  }
}

/// Reads who a certificate's holder is. Given X.509 in DER whose chain TLS has verified; throws for a certificate that
/// is no identity of a fleet.
public typealias PeerReader = @Sendable (_ certificate: [UInt8]) throws(FleetError) -> Peer

extension FleetError {
  static func certificateRequired(_ method: String) -> FleetError {
    FleetError(
      .certificateRequired, "\(method) needs a client certificate",
      nextStep: "enrol first, or connect with the certificate that enrolment gave")
  }

  static func certificateExpired(_ peer: Peer) -> FleetError {
    FleetError(
      .certificateExpired, "the client certificate has expired",
      nextStep: "renew it; an agent does that by itself, an operator asks for a new one")
  }
}
