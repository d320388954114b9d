import CLibCrypto
public import Manifests

/// A request for a certificate (PKCS#10) whose own signature holds: who sent it has the private key.
///
/// Nothing else of it is used: the identity comes from whoever issues, never from the request. Its key is P-256, the
/// one kind that every TLS library takes.
public struct CertificateRequest: Hashable, Sendable {
  public let der: [UInt8]
  public let publicKey: PublicKey

  /// A request for this key.
  public init(for key: PrivateKey) throws(FleetError) {
    try CertificateRequest.check(key.publicKey)
    let der = try key.withPointer { (pointer) throws(FleetError) -> [UInt8] in
      guard let request = X509_REQ_new() else { throw LibCrypto.failure("no memory") }
      defer { X509_REQ_free(request) }
      guard X509_REQ_set_version(request, 0) == 1, X509_REQ_set_pubkey(request, pointer) == 1,
        X509_REQ_sign(request, pointer, EVP_sha256()) > 0
      else { throw LibCrypto.failure("the certificate request cannot be made") }
      return try LibCrypto.encoded { start in i2d_X509_REQ(request, start) }
    }
    self.der = der
    publicKey = key.publicKey
  }

  /// Reads a request in DER and checks that its key signed it.
  public init(der: [UInt8]) throws(FleetError) {
    guard der.count <= CertificateRequest.bytes else {
      throw FleetError(.invalidCertificate, "a certificate request of \(der.count) bytes, at most \(Self.bytes)")
    }
    let (request, isWhole) = der.withUnsafeBufferPointer { buffer -> (OpaquePointer?, Bool) in
      var position = buffer.baseAddress
      let request = d2i_X509_REQ(nil, &position, buffer.count)
      return (request, position == buffer.baseAddress.map { $0 + buffer.count })
    }
    guard let request else { throw LibCrypto.failure("not a certificate request", code: .invalidCertificate) }
    defer { X509_REQ_free(request) }
    guard isWhole else { throw FleetError(.invalidCertificate, "bytes after the certificate request") }
    guard let key = X509_REQ_get0_pubkey(request), X509_REQ_verify(request, key) == 1 else {
      throw LibCrypto.failure("the certificate request is not signed by its own key", code: .invalidCertificate)
    }
    publicKey = try PublicKey(spki: try LibCrypto.encoded { start in i2d_PUBKEY(key, start) })
    try CertificateRequest.check(publicKey)
    self.der = der
  }

  private static func check(_ key: PublicKey) throws(FleetError) {
    guard key.algorithm == .ecdsaP256 else {
      throw FleetError(.invalidCertificate, "a certificate is for a P-256 key, not \(key.algorithm.rawValue)")
    }
  }

  /// A request with one key is some 300 bytes.
  public static let bytes = 8 << 10
}
