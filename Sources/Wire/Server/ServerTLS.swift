public import Manifests
internal import NIOSSL
internal import Synchronization

/// How the server shows itself and whose certificates it accepts. Can be changed while the server runs: each connection
/// uses what is current when it is accepted.
public final class ServerTLS: Sendable {
  private let state: Mutex<NIOSSLContext>

  /// `clientRoots` are the authorities of client certificates, X.509 in DER. Clients may come without a certificate;
  /// one that shows a certificate of another authority, or an expired one, does not get through the handshake.
  public init(identity: TLSIdentity, clientRoots: [[UInt8]]) throws(FleetError) {
    state = Mutex(try ServerTLS.context(identity, clientRoots))
  }

  /// Takes a new certificate or new authorities into use for connections from now on; when it throws, nothing changes.
  ///
  /// Sessions made under the old authorities cannot be resumed. Live connections go on under the certificate that they
  /// were made with; the server's checks of expiry and revocation apply to them as before.
  public func update(identity: TLSIdentity, clientRoots: [[UInt8]]) throws(FleetError) {
    let context = try ServerTLS.context(identity, clientRoots)
    state.withLock { $0 = context }
  }

  var current: NIOSSLContext { state.withLock { $0 } }

  private static func context(_ identity: TLSIdentity, _ clientRoots: [[UInt8]]) throws(FleetError) -> NIOSSLContext {
    guard !clientRoots.isEmpty else { throw FleetError(.tlsMaterial, "no authority for client certificates") }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
    configuration.certificateVerification = .optionalVerification
    configuration.trustRoots = .certificates(try [NIOSSLCertificate](derCertificates: clientRoots))
    return try NIOSSLContext.make(configuration)
  }
}
