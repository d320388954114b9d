internal import Manifests
internal import Trust

/// Reads peers' certificates by the rules of `Trust`.
public enum PeerCertificates {
  /// Who a verified certificate's holder is.
  public static let reader: PeerReader = { certificate throws(FleetError) in
    let certificate = try Certificate(der: certificate)
    let identity = try certificate.identity()
    let role: Peer.Role =
      switch identity.name {
      case .cluster(let uid): .cluster(uid)
      case .operator(let name): .operator(name)
      case .hub: .hub
      }
    return Peer(fleet: identity.fleet, role: role, serial: certificate.serial, notAfter: certificate.notAfter)
  }
}
