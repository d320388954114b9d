public import Manifests
internal import NIOSSL

/// A certificate with its private key, as one side of a TLS connection shows it.
public struct TLSIdentity: Sendable {
  let chain: [NIOSSLCertificate]
  let key: NIOSSLPrivateKey

  /// Reads a chain of X.509 certificates in DER, the own one first, and its key.
  ///
  /// Throws `tls-material` for what cannot be read. No error text holds anything of the key.
  public init(certificateChain: [[UInt8]], privateKey: TLSPrivateKey) throws(FleetError) {
    guard !certificateChain.isEmpty else { throw FleetError(.tlsMaterial, "a certificate chain without certificates") }
    chain = try [NIOSSLCertificate](derCertificates: certificateChain)
    key = try privateKey.read()
  }
}

/// The bytes of a private key: PKCS#8 or the key's own format. Not printed by anything.
public struct TLSPrivateKey: Sendable {
  private let bytes: [UInt8]
  private let format: NIOSSLSerializationFormats

  public static func pem(_ bytes: [UInt8]) -> TLSPrivateKey { TLSPrivateKey(bytes: bytes, format: .pem) }
  public static func der(_ bytes: [UInt8]) -> TLSPrivateKey { TLSPrivateKey(bytes: bytes, format: .der) }

  fileprivate func read() throws(FleetError) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: format)
    } catch {
      // The cause stays out: it comes from a parser that had the key in its hands.
      throw FleetError(.tlsMaterial, "the private key cannot be read")
    }
  }
}

extension TLSPrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "a private key" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension FleetError.Code {
  /// A certificate or key for TLS that cannot be read or used.
  public static let tlsMaterial = FleetError.Code("tls-material")
}

extension [NIOSSLCertificate] {
  init(derCertificates: [[UInt8]]) throws(FleetError) {
    self = []
    for (index, bytes) in derCertificates.enumerated() {
      do {
        append(try NIOSSLCertificate(bytes: bytes, format: .der))
      } catch {
        throw FleetError(
          .tlsMaterial, "certificate \(index + 1) of \(derCertificates.count) cannot be read", cause: "\(error)")
      }
    }
  }
}

/// Reads certificates out of PEM text, as DER; throws `tls-material` when there is none or one is damaged.
public func certificatesFromPEM(_ pem: [UInt8]) throws(FleetError) -> [[UInt8]] {
  do {
    let certificates = try NIOSSLCertificate.fromPEMBytes(pem).map { try $0.toDERBytes() }
    guard !certificates.isEmpty else { throw FleetError(.tlsMaterial, "no certificate in the PEM text") }
    return certificates
  } catch {
    throw error as? FleetError ?? FleetError(.tlsMaterial, "the PEM text cannot be read", cause: "\(error)")
  }
}

extension NIOSSLContext {
  /// A context for TLS 1.3 and HTTP/2.
  static func make(_ configuration: TLSConfiguration) throws(FleetError) -> NIOSSLContext {
    var configuration = configuration
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = ["h2"]
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw FleetError(
        .tlsMaterial, "the certificate, its key and the trusted certificates do not make a TLS configuration",
        cause: "\(error)", nextStep: "check that the key belongs to the certificate")
    }
  }
}
