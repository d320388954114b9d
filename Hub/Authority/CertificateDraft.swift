import CLibCrypto
import FleetModel
import Manifests
import Trust

/// A certificate before it is signed.
struct CertificateDraft {
  /// The subject's name; empty for none.
  var commonName: String
  var publicKey: PublicKey
  var notBefore: Timestamp
  var notAfter: Timestamp
  /// libcrypto's number of each extension and its value in libcrypto's syntax.
  var extensions: [(Int32, String)]

  /// RFC 5280 allows 20 bytes; 128 random bits never meet again.
  private static let serialBytes = 16

  /// The certificate in DER, signed by the issuer's key; self-signed without an issuer.
  func signed(by key: PrivateKey, issuer: Certificate?) throws(FleetError) -> [UInt8] {
    guard let certificate = X509_new() else { throw failure("no memory") }
    defer { X509_free(certificate) }
    try fill(certificate)
    let authority = try issuer.map { (issuer) throws(FleetError) in try read(issuer) }
    defer { if let authority { X509_free(authority) } }
    let issuerName = authority.map { X509_get_subject_name($0) } ?? X509_get_subject_name(certificate)
    guard X509_set_issuer_name(certificate, issuerName) == 1 else { throw failure("the issuer cannot be set") }
    for (number, value) in extensions {
      guard crypto_add_extension(certificate, authority ?? certificate, number, value) == 1 else {
        throw failure("an extension cannot be added")
      }
    }
    return try key.withPointer { (pointer) throws(FleetError) -> [UInt8] in
      let digest = key.publicKey.algorithm == .ed25519 ? nil : EVP_sha256()
      guard X509_sign(certificate, pointer, digest) > 0 else { throw failure("the certificate cannot be signed") }
      return try LibCrypto.encoded { start in i2d_X509(certificate, start) }
    }
  }

  private func fill(_ certificate: OpaquePointer) throws(FleetError) {
    var serial = try SecureRandom.bytes(CertificateDraft.serialBytes)
    serial[0] = serial[0] & 0x7f | 0x40  // positive, and of full length
    guard let number = BN_bin2bn(serial, Int32(serial.count), nil) else { throw failure("no memory") }
    defer { BN_free(number) }
    guard X509_set_version(certificate, 2) == 1,
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil,
      set(notBefore, X509_getm_notBefore(certificate)), set(notAfter, X509_getm_notAfter(certificate)),
      try setKey(certificate)
    else { throw failure("the certificate cannot be made") }
    if !commonName.isEmpty {
      let added = X509_NAME_add_entry_by_NID(
        X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8, commonName, -1, -1, 0)
      guard added == 1 else { throw failure("the subject's name cannot be set") }
    }
  }

  private func set(_ instant: Timestamp, _ time: UnsafeMutablePointer<ASN1_TIME>?) -> Bool {
    ASN1_TIME_set(time, time_t(instant.milliseconds / 1000)) != nil
  }

  private func setKey(_ certificate: OpaquePointer) throws(FleetError) -> Bool {
    let spki = publicKey.spki
    let key = spki.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var position = buffer.baseAddress
      return d2i_PUBKEY(nil, &position, buffer.count)
    }
    guard let key else { return false }
    defer { EVP_PKEY_free(key) }
    return X509_set_pubkey(certificate, key) == 1
  }

  private func read(_ certificate: Certificate) throws(FleetError) -> OpaquePointer {
    let der = certificate.der
    let pointer = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var position = buffer.baseAddress
      return d2i_X509(nil, &position, buffer.count)
    }
    guard let pointer else { throw failure("the authority's certificate cannot be read") }
    return pointer
  }

  private func failure(_ message: String) -> FleetError { LibCrypto.failure(message) }
}
