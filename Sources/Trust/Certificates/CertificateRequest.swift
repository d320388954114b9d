import CLibCrypto
public import Manifests

/// A request for a certificate (PKCS#10) whose own signature holds: who sent it has the private key.
///
/// Nothing else of it is used: the identity comes from whoever issues, never from the request.
public struct CertificateRequest: Hashable, Sendable {
  public let der: [UInt8]
  public let publicKey: PublicKey

  /// A request for this key.
  public init(for key: PrivateKey) throws(FleetError) {
    let der = try key.withPointer { (pointer) throws(FleetError) -> [UInt8] in
      guard let request = X509_REQ_new() else { throw LibCrypto.failure("no memory") }
      defer { X509_REQ_free(request) }
      let digest = key.publicKey.algorithm == .ed25519 ? nil : EVP_sha256()
      guard X509_REQ_set_version(request, 0) == 1, X509_REQ_set_pubkey(request, pointer) == 1,
        X509_REQ_sign(request, pointer, digest) > 0
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
    let request = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var position = buffer.baseAddress
      return d2i_X509_REQ(nil, &position, buffer.count)
    }
    guard let request else { throw LibCrypto.failure("not a certificate request", code: .invalidCertificate) }
    defer { X509_REQ_free(request) }
    guard let key = X509_REQ_get0_pubkey(request), X509_REQ_verify(request, key) == 1 else {
      throw LibCrypto.failure("the certificate request is not signed by its own key", code: .invalidCertificate)
    }
    publicKey = try PublicKey(spki: try LibCrypto.encoded { start in i2d_PUBKEY(key, start) })
    self.der = der
  }

  /// A request with one key is some 300 bytes.
  public static let bytes = 8 << 10
}
