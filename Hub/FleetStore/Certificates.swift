public import FleetModel
public import Manifests

/// The certificates that the hub's authority issued, and those it took back.
public protocol CertificateStore: Sendable {
  /// Notes a certificate before it is sent. The same record again is fine; another under its serial number is a
  /// `storeConflict`.
  func recordCertificate(_ certificate: CertificateRecord, trail: Trail) async throws(FleetError)

  func certificate(serial: String) async throws(FleetError) -> CertificateRecord?

  /// The certificates of an identity, the youngest first.
  func certificates(of identity: String) async throws(FleetError) -> [CertificateRecord]

  /// Puts every certificate of an identity that is valid at `now` on the denylist.
  func revokeCertificates(of identity: String, at now: Timestamp, trail: Trail) async throws(FleetError)

  /// Who is refused although the certificate verifies. Checked on every call, so callers keep a copy.
  func denylist() async throws(FleetError) -> Denylist

  /// A number that changes whenever the denylist does; cheap to ask for.
  func denylistRevision() async throws(FleetError) -> Int64
}

/// Bounds on what is kept of certificates.
public enum CertificateLimits {
  /// How long a certificate is kept after it ran out, for an operator who looks back.
  public static let memory: Duration = .seconds(86_400)
}

/// A certificate that was issued.
public struct CertificateRecord: Hashable, Sendable {
  /// In lowercase hexadecimal.
  public var serial: String
  /// The SPIFFE URI of its subject alternative name.
  public var identity: String
  public var notBefore: Timestamp
  public var notAfter: Timestamp
  /// nil: not revoked.
  public var revokedAt: Timestamp?

  public init(
    serial: String, identity: String, notBefore: Timestamp, notAfter: Timestamp, revokedAt: Timestamp? = nil
  ) {
    self.serial = serial
    self.identity = identity
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.revokedAt = revokedAt
  }
}

/// Who is refused although the certificate verifies.
public struct Denylist: Hashable, Sendable {
  public var revision: Int64
  /// Revoked certificates, by serial number.
  public var serials: Set<String>
  /// Revoked clusters: also a certificate of theirs that the store does not know of is refused.
  public var clusters: Set<ClusterUID>

  public init(revision: Int64, serials: Set<String>, clusters: Set<ClusterUID>) {
    self.revision = revision
    self.serials = serials
    self.clusters = clusters
  }
}
