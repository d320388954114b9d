import CLibCrypto
public import Digests
public import FleetModel
public import Manifests
public import Trust

/// The fleet's own certificate authority: P-256, self-signed, for this fleet's identities and nothing else.
public struct CertificateAuthority: Sendable {
  public let certificate: Certificate
  public let fleet: String
  private let key: PrivateKey

  /// How long certificates live.
  public enum Lifetime {
    /// The authority itself; renewed through the fleet's metadata long before.
    public static let authority: Duration = .seconds(10 * 365 * 86_400)
    /// A connected cluster's agent renews at half of it.
    public static let cluster: Duration = .seconds(24 * 3600)
    /// An edge cluster may be without a link for weeks, and an air-gapped one always is.
    public static let distantCluster: Duration = .seconds(30 * 86_400)
    /// An operator asks for a new one.
    public static let `operator`: Duration = .seconds(90 * 86_400)
    /// The hub renews its own at half of it.
    public static let hub: Duration = .seconds(30 * 86_400)
    /// Certificates begin this much earlier: clocks differ.
    public static let skew: Duration = .seconds(300)

    /// How long the certificate of a cluster's agent lives.
    public static func cluster(_ connectivity: ClusterDeclaration.Connectivity) -> Duration {
      connectivity == .connected ? cluster : distantCluster
    }
  }

  /// Makes a new authority with a new key.
  public static func make(
    fleet: String, at now: Timestamp, lifetime: Duration = Lifetime.authority
  ) throws(FleetError) -> CertificateAuthority {
    guard PeerIdentity.isName(fleet) else {
      throw FleetError(
        .invalidFleetName, "not a fleet's name: \(fleet)",
        nextStep: "use lowercase letters, digits, dots, dashes and underscores, at most 63")
    }
    let key = try PrivateKey.generate(.ecdsaP256)
    let draft = CertificateDraft(
      commonName: "Flotilla authority of \(fleet)", publicKey: key.publicKey, notBefore: now - Lifetime.skew,
      notAfter: now + lifetime,
      extensions: [
        (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
        (NID_subject_key_identifier, "hash"),
      ])
    let der = try draft.signed(by: key, issuer: nil)
    return CertificateAuthority(certificate: try Certificate(der: der), fleet: fleet, key: key)
  }

  /// The authority of a certificate and its key; throws when they do not belong together.
  public init(certificate der: [UInt8], key: PrivateKey, fleet: String) throws(FleetError) {
    certificate = try Certificate(der: der)
    guard certificate.publicKey == key.publicKey else {
      throw FleetError(.invalidKey, "the authority's key is not the one of its certificate")
    }
    self.key = key
    self.fleet = fleet
  }

  private init(certificate: Certificate, fleet: String, key: PrivateKey) {
    self.certificate = certificate
    self.fleet = fleet
    self.key = key
  }

  /// The digest of the authority's public key, by which agents pin it.
  public var pin: Digest { certificate.publicKey.spkiDigest }

  /// The authority's key in PEM, for the hub's own storage. Secret.
  func keyPEM(passphrase: String? = nil) throws(FleetError) -> [UInt8] { try key.pem(passphrase: passphrase) }

  /// Issues a certificate for an identity of this fleet and the key of a request.
  public func issue(
    _ name: FleetIdentityName, for publicKey: PublicKey, at now: Timestamp, lifetime: Duration
  ) throws(FleetError) -> Certificate {
    try issue(name, publicKey, names: [], usage: "clientAuth", at: now, lifetime: lifetime)
  }

  /// Issues the hub's own certificate, which also names where it listens: DNS names and addresses.
  public func issueHub(
    for publicKey: PublicKey, hosts: [String], at now: Timestamp, lifetime: Duration = Lifetime.hub
  ) throws(FleetError) -> Certificate {
    let names = try hosts.map { host throws(FleetError) in try AlternativeName(host: host).text }
    return try issue(.hub, publicKey, names: names, usage: "serverAuth,clientAuth", at: now, lifetime: lifetime)
  }

  private func issue(
    _ name: FleetIdentityName, _ publicKey: PublicKey, names: [String], usage: String, at now: Timestamp,
    lifetime: Duration
  ) throws(FleetError) -> Certificate {
    let identity = PeerIdentity(fleet: fleet, name: name)
    let draft = CertificateDraft(
      commonName: "", publicKey: publicKey, notBefore: now - Lifetime.skew,
      notAfter: min(now + lifetime, certificate.notAfter),
      extensions: [
        (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
        (NID_ext_key_usage, usage), (NID_authority_key_identifier, "keyid:always"),
        // Critical, for the subject has no name (RFC 5280, section 4.2.1.6).
        (NID_subject_alt_name, (["critical", "URI:\(identity.uri)"] + names).joined(separator: ",")),
      ])
    return try Certificate(der: try draft.signed(by: key, issuer: certificate))
  }
}

/// A host as a subject's alternative name.
private struct AlternativeName {
  let text: String

  /// A DNS name or an IP address; refuses what libcrypto's syntax could read as something else.
  init(host: String) throws(FleetError) {
    let bytes = Array(host.utf8)
    let isSafe = bytes.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
        || [0x2d, 0x2e, 0x3a].contains(byte)
    }
    guard isSafe, (1...253).contains(bytes.count) else {
      throw FleetError(.invalidHost, "not a name or address: \(host)")
    }
    let isAddress = bytes.contains(0x3a) || bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
    text = isAddress ? "IP:\(host)" : "DNS:\(host)"
  }
}

extension FleetError.Code {
  public static let invalidFleetName = FleetError.Code("invalid-fleet-name")
  public static let invalidHost = FleetError.Code("invalid-host")
}
