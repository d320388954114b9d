import FleetModel
public import Manifests
public import NIOCore
import Settings
import Trust
public import Wire

/// Where the hub is and who asks: the file that `flotilla-hub init` writes for the first operator.
///
/// `{"address": "host:port", "fleet": …, "ca": …, "certificate": …, "key": …}`; the last three are paths of PEM files,
/// relative ones from the file's own folder. Other members are left alone.
public struct OperatorFile: Sendable {
  public var address: HubAddress
  public var fleet: String?
  public var ca: String
  public var certificate: String
  public var key: String

  public init(path: String) throws(FleetError) {
    let bytes = try ConfigurationFile.read(path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
    self = try Field(try JSON.parse(bytes, file: path), file: path).object { fields throws(FleetError) in
      let field = try fields.required("address")
      guard let address = HubAddress(text: try field.string()) else { throw field.error("not host:port") }
      var file = OperatorFile(
        address: address, fleet: nil, ca: resolved(try fields.required("ca").nonEmptyString()),
        certificate: resolved(try fields.required("certificate").nonEmptyString()),
        key: resolved(try fields.required("key").nonEmptyString()))
      file.fleet = try fields.optional("fleet").map { field throws(FleetError) in try field.string() }
      fields.ignoreRest()
      return file
    }
  }

  private init(address: HubAddress, fleet: String?, ca: String, certificate: String, key: String) {
    self.address = address
    self.fleet = fleet
    self.ca = ca
    self.certificate = certificate
    self.key = key
  }

  /// Runs `body` with a connection to the hub, as this operator.
  public func withHub<Result: Sendable>(
    on group: any EventLoopGroup, _ body: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Result
  ) async throws -> Result {
    let identity = try TLSIdentity(
      certificateChain: try certificatesFromPEM(try ConfigurationFile.read(certificate)),
      privateKey: .pem(try ConfigurationFile.read(key)))
    let authorities = try certificatesFromPEM(try ConfigurationFile.read(ca))
    let tls = ClientTLS(identity: identity, trust: HubTrust(anchor: .certificates(authorities), fleet: fleet))
    return try await HubChannel.withConnection(to: address, tls: tls, eventLoopGroup: group) { channel in
      try await body(FlotillaV1.OperatorClient(channel))
    }
  }
}
