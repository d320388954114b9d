import AsyncHTTPClient
import Logging
import Manifests
import NIOCore
import NIOSSL

/// The connections to one API server, with credentials that are read again as they are rotated.
actor HTTPTransport {
  /// What a request is sent with.
  struct Session: Sendable {
    var client: HTTPClient
    /// The address that is connected to; its host is the name that the certificate is checked for.
    var server: String
    var host: String?
    var authorization: String?
  }

  /// Everything that was read of files, to see when it changes.
  private struct Material: Equatable {
    var authorities: [UInt8]?
    var chain: [UInt8]?
    var key: [UInt8]?
    var token: [UInt8]?
  }

  private let access: ClusterAccess
  private let group: any EventLoopGroup
  private let connections: Int
  private let idle: Duration
  private let logger: Logger
  private var material = Material()
  private var session: Session?
  private var readAt: ContinuousClock.Instant?
  private var isClosed = false

  /// - Parameters:
  ///   - connections: at most so many at once, where the server speaks HTTP/1 only.
  ///   - idle: an answer that falls silent for so long is given up.
  init(access: ClusterAccess, group: any EventLoopGroup, connections: Int, idle: Duration, logger: Logger) {
    self.access = access
    self.group = group
    self.connections = connections
    self.idle = idle
    self.logger = logger
  }

  /// What the next request is sent with.
  func current() async throws(FleetError) -> Session {
    let now = ContinuousClock.now
    if let session, let readAt, now - readAt < ClientLimits.materialLifetime { return session }
    guard !isClosed else { throw FleetError(.clusterAccess, "the client is closed", at: .init(file: access.origin)) }
    let fresh: Material
    do {
      fresh = try read()
    } catch {
      // A file that is being replaced must not stop an agent whose credentials still work.
      guard let session else { throw error }
      logger.warning("credentials cannot be read again", metadata: ["error": "\(error)"])
      return session
    }
    readAt = now
    if let session, fresh == material { return session }
    let old = session?.client
    let made = try makeSession(fresh)
    material = fresh
    session = made
    if let old { try? await old.shutdown() }
    return made
  }

  /// Has the files read before the next request: the server did not take the credentials.
  func refresh() { readAt = nil }

  /// Ends every request and connection.
  func close() async {
    isClosed = true
    let client = session?.client
    session = nil
    readAt = nil
    try? await client?.shutdown()
  }

  private func read() throws(FleetError) -> Material {
    var material = Material()
    material.authorities = try access.authorities?.read()
    switch access.credentials {
    case .anonymous: break
    case .token(let token): material.token = try token.read()
    case .certificate(let chain, let key):
      material.chain = try chain.read()
      material.key = try key.read()
    }
    return material
  }

  private func makeSession(_ material: Material) throws(FleetError) -> Session {
    var session = Session(client: try makeClient(material), server: access.server)
    if let token = material.token {
      guard let text = Self.headerText(token) else {
        throw FleetError(
          .clusterAccess, "the token is empty or has characters no token has", at: .init(file: access.origin))
      }
      session.authorization = "Bearer \(text)"
    }
    if let name = access.serverName, let (before, host, after) = Self.split(access.server) {
      // The connection goes to the address's host, under the certificate's name. NIOSSL also takes a certificate for
      // the very IP address that it is connected to.
      session.server = "\(before)\(name)\(after)"
      session.host = "\(host)\(after.prefix { $0 != "/" })"
    }
    return session
  }

  private func makeClient(_ material: Material) throws(FleetError) -> HTTPClient {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.tlsConfiguration = try tls(material)
    configuration.timeout = .init(connect: .seconds(10), read: .nanoseconds(Self.nanoseconds(idle)))
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
    configuration.connectionPool.retryConnectionEstablishment = false
    if let name = access.serverName, let (_, host, _) = Self.split(access.server) {
      configuration.dnsOverride[name] = host
    }
    return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
  }

  private func tls(_ material: Material) throws(FleetError) -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    do {
      if let authorities = material.authorities {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
      }
      if let chain = material.chain, let key = material.key {
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
      }
    } catch {
      throw FleetError(
        .clusterAccess, "a certificate or key cannot be read", at: .init(file: access.origin), cause: "\(error)")
    }
    return tls
  }

  /// A token as a header carries it; nil for what would break out of it.
  private static func headerText(_ token: [UInt8]) -> String? {
    let text = token.reversed().drop { $0 == 10 || $0 == 13 || $0 == 32 }.reversed()
    guard !text.isEmpty, text.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  /// An address in what stands before the host, the host, and what stands after it.
  static func split(_ server: String) -> (before: String, host: String, after: String)? {
    guard let scheme = server.firstIndex(of: "/").map({ server.index($0, offsetBy: 2, limitedBy: server.endIndex) }),
      let start = scheme
    else { return nil }
    let rest = server[start...]
    let end =
      rest.hasPrefix("[")
      ? rest.firstIndex(of: "]").map { rest.index(after: $0) } : rest.firstIndex { $0 == ":" || $0 == "/" }
    let host = rest[..<(end ?? rest.endIndex)]
    return (String(server[..<start]), String(host), String(rest[(end ?? rest.endIndex)...]))
  }

  static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow
      ? .max : seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
