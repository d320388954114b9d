public import FleetModel

/// Who somebody in a fleet is, as the SPIFFE URI of a certificate says.
public enum FleetIdentityName: Hashable, Sendable {
  case cluster(ClusterUID)
  case `operator`(String)
  case hub
}

/// An identity with its fleet: `spiffe://<fleet>/cluster/<uid>`, `/operator/<name>` or `/hub`.
public struct PeerIdentity: Hashable, Sendable, CustomStringConvertible {
  public var fleet: String
  public var name: FleetIdentityName

  public init(fleet: String, name: FleetIdentityName) {
    self.fleet = fleet
    self.name = name
  }

  /// The URI, as certificates have it.
  public var uri: String {
    switch name {
    case .cluster(let uid): "spiffe://\(fleet)/cluster/\(uid)"
    case .operator(let name): "spiffe://\(fleet)/operator/\(name)"
    case .hub: "spiffe://\(fleet)/hub"
    }
  }

  public var description: String { uri }

  /// Reads the URI; nil for anything but the three forms, byte for byte.
  public init?(uri: String) {
    let prefix = "spiffe://"
    guard uri.hasPrefix(prefix) else { return nil }
    let parts = uri.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let fleet = parts.first, PeerIdentity.isName(fleet) else { return nil }
    switch (parts.count, parts.count > 1 ? parts[1] : "") {
    case (3, "cluster"):
      guard let uid = ClusterUID(parts[2]) else { return nil }
      self.init(fleet: fleet, name: .cluster(uid))
    case (3, "operator") where PeerIdentity.isName(parts[2]): self.init(fleet: fleet, name: .operator(parts[2]))
    case (2, "hub"): self.init(fleet: fleet, name: .hub)
    default: return nil
    }
  }

  /// What the names of fleets and operators are made of, so that they stand in URIs and file names as they are.
  public static func isName(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e || byte == 0x5f
      } && text.utf8.first != 0x2e && text.utf8.first != 0x2d
  }
}
