import CLibCrypto
public import FleetModel
import Glibc
public import Manifests

/// What is read of an X.509 certificate. Whether its chain is valid is for TLS, or for whoever issued it, to say.
public struct Certificate: Hashable, Sendable {
  public let der: [UInt8]
  /// The serial number's bytes, most significant first.
  public let serial: [UInt8]
  public let notBefore: Timestamp
  public let notAfter: Timestamp
  public let publicKey: PublicKey
  /// The URIs among the subject's alternative names.
  let uris: [String]

  /// Reads a certificate in DER.
  public init(der: [UInt8]) throws(FleetError) {
    let handle = try CertificateHandle(der: der)
    self.der = der
    serial = handle.serial
    notBefore = try handle.instant(X509_get0_notBefore(handle.pointer))
    notAfter = try handle.instant(X509_get0_notAfter(handle.pointer))
    publicKey = try handle.publicKey()
    uris = try handle.uris()
  }

  /// Whose it is; throws unless it has exactly one URI, and that of a fleet's identity.
  public func identity() throws(FleetError) -> PeerIdentity {
    guard uris.count == 1, let identity = PeerIdentity(uri: uris[0]) else {
      throw FleetError(.invalidCertificate, "the certificate is no identity of a fleet")
    }
    return identity
  }

  /// The serial number in lowercase hexadecimal.
  public var serialText: String { serial.hexText }

  public var pem: [UInt8] { PEM.encode(der, label: "CERTIFICATE") }
}

/// A certificate in libcrypto's hands.
private struct CertificateHandle: ~Copyable {
  let pointer: OpaquePointer

  init(der: [UInt8]) throws(FleetError) {
    let parsed = der.withUnsafeBufferPointer { buffer -> (OpaquePointer?, Bool) in
      var position = buffer.baseAddress
      let certificate = d2i_X509(nil, &position, buffer.count)
      return (certificate, position == buffer.baseAddress.map { $0 + buffer.count })
    }
    guard let certificate = parsed.0 else {
      throw LibCrypto.failure("not a certificate", code: .invalidCertificate)
    }
    guard parsed.1 else {
      X509_free(certificate)
      throw FleetError(.invalidCertificate, "bytes after the certificate")
    }
    pointer = certificate
  }

  deinit { X509_free(pointer) }

  var serial: [UInt8] {
    guard let number = X509_get0_serialNumber(pointer) else { return [] }
    return Array(UnsafeBufferPointer(start: number.pointee.data, count: Int(max(0, number.pointee.length))))
  }

  func instant(_ time: UnsafePointer<ASN1_TIME>?) throws(FleetError) -> Timestamp {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else {
      throw LibCrypto.failure("the certificate has no validity", code: .invalidCertificate)
    }
    return Timestamp(seconds: Int64(timegm(&parts)))
  }

  func publicKey() throws(FleetError) -> PublicKey {
    guard let key = X509_get0_pubkey(pointer) else {
      throw LibCrypto.failure("the certificate has no key", code: .invalidCertificate)
    }
    return try PublicKey(spki: try LibCrypto.encoded { start in i2d_PUBKEY(key, start) })
  }

  func uris() throws(FleetError) -> [String] {
    var critical: Int32 = 0
    guard let found = X509_get_ext_d2i(pointer, NID_subject_alt_name, &critical, nil) else {
      // -1: there is none; anything else is one that cannot be read, or two.
      guard critical == -1 else {
        throw LibCrypto.failure("the alternative names cannot be read", code: .invalidCertificate)
      }
      return []
    }
    let names = OpaquePointer(found)
    defer { GENERAL_NAMES_free(names) }
    var uris: [String] = []
    for index in 0..<crypto_name_count(names) {
      guard let name = crypto_name_at(names, index), let uri = crypto_name_uri(name) else { continue }
      let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(uri), count: Int(max(0, ASN1_STRING_length(uri))))
      guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
        throw FleetError(.invalidCertificate, "an alternative name that is no text")
      }
      uris.append(text)
    }
    return uris
  }
}
