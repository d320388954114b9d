public import Manifests

extension FleetError.Code {
  /// libcrypto refused to do something that only a broken installation refuses.
  public static let cryptoFailed = FleetError.Code("crypto-failed")
  /// Bytes that are no key of a kind this project uses.
  public static let invalidKey = FleetError.Code("invalid-key")
  /// Bytes that are no certificate or request, or one that breaks the rules.
  public static let invalidCertificate = FleetError.Code("invalid-certificate")
  /// Metadata that is not well formed.
  public static let invalidMetadata = FleetError.Code("invalid-metadata")
  /// Too few valid signatures.
  public static let badSignature = FleetError.Code("bad-signature")
  /// Metadata, or a bundle, older than what is trusted already.
  public static let rollbackAttack = FleetError.Code("rollback")
  /// Metadata that has expired.
  public static let expiredMetadata = FleetError.Code("expired")
  /// Metadata that is for another cluster or fleet.
  public static let wrongAudience = FleetError.Code("wrong-audience")
  /// Bytes whose digest or length is not what verified metadata says.
  public static let contentMismatch = FleetError.Code("content-mismatch")
  /// Nothing was published for this cluster yet.
  public static let nothingPublished = FleetError.Code("nothing-published")
  /// A join token that cannot be read.
  public static let invalidToken = FleetError.Code("invalid-token")
}
