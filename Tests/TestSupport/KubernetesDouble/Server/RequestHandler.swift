import NIOCore
import NIOHTTP1
import NIOSSL

/// Reads requests off one connection and has them answered.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let core: DoubleCore
  private let authenticator: Authenticator
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(core: DoubleCore) {
    self.core = core
    authenticator = Authenticator(settings: core.settings) { token in core.withCluster { $0.issuedTokens[token] } }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let bytes):
      // One byte more than is allowed is enough to know that it is too much.
      body += bytes.readableBytesView.prefix(ClusterState.bodyLimit + 1 - body.count)
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, body, context.channel, isCertified: isCertified(context))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    core.forget(context.channel)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// Whether the client showed a certificate; the handshake has checked it.
  private func isCertified(_ context: ChannelHandlerContext) -> Bool {
    guard authenticator.settings.tls != nil else { return false }
    let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
    return handler?.peerCertificate != nil
  }

  private func answer(_ head: HTTPRequestHead, _ body: [UInt8], _ channel: any Channel, isCertified: Bool) {
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let headers = head.headers
    if core.settings.hasRemoteControl, let path = parts.first, path.hasPrefix(RemoteControl.prefix) {
      let response = RemoteControl(core: core).answer(head.method.rawValue, path, body)
      return Answer(response: response, isHead: false, keepAlive: head.isKeepAlive).write(to: channel)
    }
    let received = ReceivedRequest(
      method: head.method.rawValue, path: parts.first ?? "/", query: Self.query(parts.dropFirst().first ?? ""),
      userAgent: headers.first(name: "User-Agent") ?? "", contentType: headers.first(name: "Content-Type") ?? "")
    let (number, effect) = core.receive(received)
    let core = core
    switch authenticator.user(headers, isCertified: isCertified) {
    case .failure(let error):
      Answer(response: error.response, isHead: false, keepAlive: head.isKeepAlive).write(to: channel)
    case .success(let user):
      let impersonated = authenticator.impersonated(headers)
      let request = APIRequest(
        method: received.method, path: received.path, query: received.query,
        accept: headers[canonicalForm: "Accept"].joined(separator: ","), contentType: received.contentType,
        ifNoneMatch: headers.first(name: "If-None-Match") ?? "", userAgent: received.userAgent,
        user: impersonated ?? user, impersonator: impersonated == nil ? nil : user, body: body)
      let keepAlive = head.isKeepAlive
      strike(effect, channel, keepAlive) { isHeard in
        core.whenRunning {
          core.respond(to: request, as: number, on: channel, keepAlive: keepAlive, isHeard: isHeard)
        }
      }
    }
  }

  /// Lets a fault have its way with a request.
  private func strike(
    _ effect: Fault.Effect?, _ channel: any Channel, _ keepAlive: Bool,
    _ respond: @escaping @Sendable (_ isHeard: Bool) -> Void
  ) {
    switch effect {
    case nil: respond(true)
    case .delay(let seconds):
      channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { respond(true) }
    case .hang: break
    case .mute: respond(false)
    case .drop: channel.close(promise: nil)
    case .dropAfterwards:
      // The answer stands in the event loop's queue when the connection is closed before it.
      channel.close(promise: nil)
      respond(true)
    case .answer(let status, let text):
      Answer(response: .text(text, status: status), isHead: false, keepAlive: keepAlive).write(to: channel)
    case .silence:
      let response = APIResponse(status: 200, headers: [("Content-Type", "application/json")], body: .watch(0))
      Answer(response: response, isHead: false, keepAlive: keepAlive).write(to: channel)
    }
  }

  private static func query(_ text: String) -> [String: String] {
    var result: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1).map { APIRequest.percentDecoded(String($0)) }
      result[sides.first ?? ""] = sides.dropFirst().first ?? ""
    }
    return result
  }
}

/// Says who comes, by bearer token, by client certificate and by the headers of impersonation.
struct Authenticator: Sendable {
  let settings: DoubleSettings
  /// Whom a token was given to that the server itself has made.
  let issued: @Sendable (String) -> APIRequest.User?

  func user(_ headers: HTTPHeaders, isCertified: Bool) -> Result<APIRequest.User, StatusError> {
    guard let user = identified(headers, isCertified) else {
      return .failure(StatusError(401, "Unauthorized", "Unauthorized"))
    }
    return .success(user)
  }

  /// Whom the caller wants to act as; nil when nobody else.
  func impersonated(_ headers: HTTPHeaders) -> APIRequest.User? {
    guard let name = headers.first(name: "Impersonate-User") else { return nil }
    var groups = headers["Impersonate-Group"]
    // A service account comes with its groups, unless others are asked for.
    if let account = ClusterState.serviceAccount(name), groups.isEmpty {
      groups = ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)"]
    }
    return APIRequest.User(name: name, groups: groups + ["system:authenticated"])
  }

  private func identified(_ headers: HTTPHeaders, _ isCertified: Bool) -> APIRequest.User? {
    let header = headers.first(name: "Authorization") ?? ""
    let token = header.hasPrefix("Bearer ") ? String(header.dropFirst(7)) : ""
    if !token.isEmpty, let account = issued(token) { return account }
    let isOpen = settings.users.isEmpty && settings.tls == nil
    if isOpen || isCertified {
      return APIRequest.User(name: DoubleUser.administrator.name, groups: DoubleUser.administrator.groups)
    }
    guard let user = settings.users[token] else { return nil }
    return APIRequest.User(name: user.name, groups: user.groups)
  }
}
