import ArgumentParser
import Digests
import FleetModel
import Glibc
import Manifests
import NIOPosix
import Trust
import Wire

/// Where the hub is and who asks: the file that `flotilla-hub init` writes for the first operator.
struct OperatorFile {
  var address: HubAddress
  var fleet: String?
  /// Paths of PEM files; relative ones from the file's own folder.
  var ca: String
  var certificate: String
  var key: String

  /// Reads `{"address": "host:port", "fleet": …, "ca": …, "certificate": …, "key": …}`.
  init(path: String) throws(FleetError) {
    let bytes = try LocalFile.read(path, limit: 64 << 10)
    let folder =
      path.split(separator: "/").isEmpty || !path.contains("/")
      ? "." : String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
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
}

/// The options of every command that asks the hub.
struct HubOptions: ParsableArguments {
  @Option(
    name: .customLong("operator"),
    help: "The operator file: address and PEM files (environment: FLOTILLA_OPERATOR).")
  var operatorFile: String?

  /// Runs `body` with a connection to the hub.
  func withOperator<Result: Sendable>(
    _ body: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Result
  ) async throws -> Result {
    try await withHub { channel in try await body(FlotillaV1.OperatorClient(channel)) }
  }

  private func withHub<Result: Sendable>(
    _ body: @Sendable @escaping (HubChannel) async throws -> Result
  ) async throws -> Result {
    let file = try OperatorFile(path: try path())
    let identity = try TLSIdentity(
      certificateChain: try certificatesFromPEM(try LocalFile.read(file.certificate, limit: LocalFile.pemBytes)),
      privateKey: .pem(try LocalFile.read(file.key, limit: LocalFile.pemBytes)))
    let authorities = try certificatesFromPEM(try LocalFile.read(file.ca, limit: LocalFile.pemBytes))
    let tls = ClientTLS(identity: identity, trust: HubTrust(anchor: .certificates(authorities), fleet: file.fleet))
    return try await HubChannel.withConnection(
      to: file.address, tls: tls, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, body)
  }

  private func path() throws(FleetError) -> String {
    if let operatorFile { return operatorFile }
    if let named = getenv("FLOTILLA_OPERATOR") { return String(cString: named) }
    if let home = getenv("HOME") {
      let path = String(cString: home) + "/.config/flotilla/operator.json"
      if access(path, R_OK) == 0 { return path }
    }
    throw FleetError(
      .noOperator, "which hub, and who asks?",
      nextStep: "give --operator FILE or set FLOTILLA_OPERATOR; `flotilla-hub init` wrote the first operator's file")
  }
}

extension FleetError.Code {
  /// Nothing says which hub to ask.
  static let noOperator = FleetError.Code("no-operator")
  /// A file of this machine that cannot be read or written.
  static let localFile = FleetError.Code("local-file")
}
