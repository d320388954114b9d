public import Manifests
import Settings
import Trust
public import Wire

/// The folder of an operator's own files: the key, which never leaves it, and what the hub issued for it.
///
/// `operator.key` and `operator.csr` come first; with `operator.pem`, `ca.pem` and `operator.json` it is whole.
public struct OperatorFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  private static let key = "operator.key"
  private static let certificate = "operator.pem"
  private static let authority = "ca.pem"

  /// The certificate request, for somebody who may add operators.
  public var request: String { "\(path)/operator.csr" }
  /// What commands take as `--operator`.
  public var file: String { "\(path)/operator.json" }

  /// Makes the folder, a key that only its user reads, and a request for a certificate. Returns the request in DER.
  ///
  /// A key that was made and never got a certificate is used again; throws where there is an operator's certificate.
  public func makeKey() throws(FleetError) -> [UInt8] {
    guard !PrivateFile.exists("\(path)/\(OperatorFolder.certificate)") else {
      throw FleetError(
        .operatorFiles, "an operator's certificate is there already", at: .init(file: path),
        nextStep: "name another folder with --directory")
    }
    try PrivateFile.makeFolder(path)
    let file = "\(path)/\(OperatorFolder.key)"
    if !PrivateFile.exists(file) { try PrivateFile.create(file, try PrivateKey.generate(.ecdsaP256).pem()) }
    let request = try CertificateRequest(for: try PrivateKey.read(pem: try ConfigurationFile.read(file)))
    try PrivateFile.replace(self.request, PEM.encode(request.der, label: OperatorFolder.requestLabel))
    return request.der
  }

  /// Writes what the hub issued, beside the key.
  public func write(_ credentials: FlotillaV1.OperatorCredentials, address: HubAddress) throws(FleetError) {
    try PrivateFile.makeFolder(path)
    try PrivateFile.replace("\(path)/\(OperatorFolder.certificate)", OperatorFolder.pem(credentials.certificateChain))
    try PrivateFile.replace("\(path)/\(OperatorFolder.authority)", OperatorFolder.pem(credentials.hubCA))
    let file: Value = [
      "address": .string("\(address.host):\(address.port)"), "fleet": .string(credentials.fleet),
      "ca": .string(OperatorFolder.authority), "certificate": .string(OperatorFolder.certificate),
      "key": .string(OperatorFolder.key),
    ]
    try PrivateFile.replace(self.file, JSON.pretty(file))
  }

  private static let requestLabel = "CERTIFICATE REQUEST"

  /// A certificate request in PEM or in DER, as `makeKey`, openssl and others write it.
  public static func readRequest(_ path: String) throws(FleetError) -> [UInt8] {
    let bytes = try ConfigurationFile.read(path)
    let text = String(decoding: bytes, as: UTF8.self)
    // Older tools put the word NEW before it.
    let der = PEM.decode(text, label: requestLabel) ?? PEM.decode(text, label: "NEW CERTIFICATE REQUEST") ?? bytes
    do {
      return try CertificateRequest(der: der).der
    } catch {
      throw error.within(.init(file: path))
    }
  }

  static func pem(_ certificates: [[UInt8]]) -> [UInt8] {
    certificates.flatMap { PEM.encode($0, label: "CERTIFICATE") }
  }
}
