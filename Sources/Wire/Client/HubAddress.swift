public import Digests
public import Manifests

/// Where the hub listens.
public struct HubAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name or an address, IPv6 without brackets.
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  public var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension HubAddress {
  /// Reads `host:port`, an IPv6 address in brackets; nil for anything else.
  public init?(text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }
}

/// By what a client knows the hub.
public struct HubTrust: Sendable {
  /// The authorities that the hub's certificate may come from.
  public enum Anchor: Sendable {
    /// These, X.509 in DER.
    case certificates([[UInt8]])
    /// The one whose public key (its SubjectPublicKeyInfo) has this SHA-256, as a join token says. The hub sends the
    /// certificate itself along with its own.
    case publicKey(Digest)
  }

  public var anchor: Anchor
  /// The fleet that the hub's certificate must name; nil to accept any, where the anchor is all that is known yet.
  public var fleet: String?
  /// Whether the certificate must also name the address. Its identity as a hub is always required: agents and operators
  /// have certificates of the same authority.
  public var checksHostname: Bool

  public init(anchor: Anchor, fleet: String?, checksHostname: Bool = false) {
    self.anchor = anchor
    self.fleet = fleet
    self.checksHostname = checksHostname
  }
}

extension FleetError.Code {
  /// What answers at the hub's address has not shown that it is the hub.
  public static let hubNotTrusted = FleetError.Code("hub-not-trusted")
}
