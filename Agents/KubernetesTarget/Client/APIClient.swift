import AsyncHTTPClient
public import Logging
import Manifests
public import NIOCore
import NIOHTTP1

/// Asks one API server, JSON only, each request with a deadline and within bounds.
///
/// Never retries by itself: what failed and is transient is tried again by whoever knows whether it is still wanted.
public final class APIClient: Sendable {
  public struct Settings: Sendable {
    /// Requests a second in the long run.
    public var requestsPerSecond = 200.0
    /// Requests that may come at once after a quiet time: a first apply of an app.
    public var burst = 2_000
    /// Requests under way at once, watches aside.
    public var concurrency = 16
    /// Watches and requests together, where the server speaks HTTP/1 only.
    public var connections = 256
    public var requestDeadline = ClientLimits.requestDeadline
    /// Without a word for this long a watch counts as lost.
    public var watchIdle = ClientLimits.watchIdle
    public var userAgent = "flotilla-agent"

    public init() {}
  }

  public let access: ClusterAccess
  public let counter: RequestCounter
  /// Whom it acts as, as the server calls it; nil for whom the credentials are.
  let actingAs: String?
  let settings: Settings
  let logger: Logger
  private let transport: HTTPTransport
  private let limiter: RequestLimiter

  public init(access: ClusterAccess, group: any EventLoopGroup, settings: Settings = Settings(), logger: Logger) {
    counter = RequestCounter()
    actingAs = nil
    self.access = access
    self.settings = settings
    self.logger = logger
    transport = HTTPTransport(
      access: access, group: group, connections: settings.connections, idle: settings.watchIdle, logger: logger)
    limiter = RequestLimiter(
      perSecond: settings.requestsPerSecond, burst: settings.burst, concurrency: settings.concurrency)
  }

  private init(_ other: APIClient, actingAs user: String) {
    (access, counter, settings, logger) = (other.access, other.counter, other.settings, other.logger)
    (transport, limiter) = (other.transport, other.limiter)
    actingAs = user
  }

  /// The same client, bounds and counts included, with the rights of somebody else, whom the server has to let it be.
  func acting(as user: String) -> APIClient { APIClient(self, actingAs: user) }

  /// Ends every request and connection; call it before the last reference goes.
  public func close() async { await transport.close() }

  /// Sends a request and reads the whole answer.
  public func send(_ request: APIRequest) async throws(APIFailure) -> APIAnswer {
    if request.isUrgent { return try await exchange(request) }
    let result = await limiter.run { () async -> Result<APIAnswer, APIFailure> in
      do throws(APIFailure) {
        return .success(try await self.exchange(request))
      } catch {
        return .failure(error)
      }
    }
    guard let result else { throw cancelled(request) }
    return try result.get()
  }

  /// Sends a request whose answer is a stream, and returns when its head has come.
  /// - Parameter lasting: the longest time until the stream's end.
  func open(_ request: APIRequest, lasting: Duration) async throws(APIFailure) -> HTTPClientResponse {
    guard await limiter.pace() else { throw cancelled(request) }
    do {
      let response = try await execute(request, deadline: lasting)
      counter.record(request, failed: false)
      return response
    } catch {
      throw await noted(error, request)
    }
  }

  private func exchange(_ request: APIRequest) async throws(APIFailure) -> APIAnswer {
    do {
      let response = try await execute(request, deadline: request.deadline ?? settings.requestDeadline)
      let body = try await collect(response, upTo: request.answerBytes, request)
      counter.record(request, failed: false)
      return APIAnswer(
        status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
        tag: response.headers.first(name: "etag"), body: body)
    } catch {
      throw await noted(error, request)
    }
  }

  /// Counts a failure, and does what it asks of the next requests.
  private func noted(_ failure: APIFailure, _ request: APIRequest) async -> APIFailure {
    counter.record(request, failed: true)
    if failure.kind == .unauthorized { await transport.refresh() }
    // A 429 for a watch is about one kind; any other is about this client.
    if failure.kind == .throttled, request.verb != .watch { limiter.holdOff(failure.retryAfter ?? .seconds(1)) }
    return failure
  }

  /// The head of a successful answer. Any other is read and thrown.
  private func execute(_ request: APIRequest, deadline: Duration) async throws(APIFailure) -> HTTPClientResponse {
    let session: HTTPTransport.Session
    do {
      session = try await transport.current()
    } catch {
      throw APIFailure(.access, error)
    }
    let response: HTTPClientResponse
    do {
      let end = NIODeadline.now() + .nanoseconds(HTTPTransport.nanoseconds(deadline))
      response = try await session.client.execute(message(request, session), deadline: end)
    } catch {
      throw onTheWay(error, request)
    }
    let status = Int(response.status.code)
    if (200..<300).contains(status) || status == 304 { return response }
    var failure = APIFailure(
      status: status, body: await errorText(response), retryAfter: response.headers.first(name: "retry-after"),
      what: request.what)
    if let actingAs, failure.kind == .forbidden {
      failure.error.nextStep = "give \(actingAs), as which the app is applied, the verb and resource named"
    }
    throw failure
  }

  private func message(_ request: APIRequest, _ session: HTTPTransport.Session) -> HTTPClientRequest {
    var message = HTTPClientRequest(url: session.server + request.target)
    message.method = HTTPMethod(rawValue: request.method)
    message.headers.add(name: "accept", value: request.accept)
    message.headers.add(name: "user-agent", value: settings.userAgent)
    if let host = session.host { message.headers.add(name: "host", value: host) }
    if let authorization = session.authorization { message.headers.add(name: "authorization", value: authorization) }
    if let actingAs { message.headers.add(name: "impersonate-user", value: actingAs) }
    if let tag = request.knownTag { message.headers.add(name: "if-none-match", value: tag) }
    if let body = request.body {
      message.headers.add(name: "content-type", value: request.contentType)
      message.body = .bytes(ByteBuffer(bytes: body))
    }
    return message
  }

  private func collect(
    _ response: HTTPClientResponse, upTo limit: Int, _ request: APIRequest
  ) async throws(APIFailure) -> [UInt8] {
    do {
      return Array(buffer: try await response.body.collect(upTo: limit))
    } catch is NIOTooManyBytesError {
      throw APIFailure(
        .malformedAnswer,
        FleetError(
          APIFailure.Kind.malformedAnswer.code, "the answer to the \(request.what) is over \(limit) bytes",
          at: .init(file: access.server)))
    } catch {
      throw onTheWay(error, request)
    }
  }

  /// What an answer that is an error says, as far as it is read; a part of it is better than nothing.
  private func errorText(_ response: HTTPClientResponse) async -> [UInt8] {
    var text: [UInt8] = []
    do {
      for try await piece in response.body {
        text += piece.readableBytesView.prefix(ClientLimits.errorBytes - text.count)
        if text.count >= ClientLimits.errorBytes { break }
      }
    } catch {
      logger.debug("an error's text broke off", metadata: ["error": "\(error)"])
    }
    return text
  }

  /// What a failure of the connection means.
  func onTheWay(_ error: any Error, _ request: APIRequest) -> APIFailure {
    if error is CancellationError { return cancelled(request) }
    switch error as? HTTPClientError {
    case .cancelled where Task.isCancelled: return cancelled(request)
    case .deadlineExceeded, .readTimeout, .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
      return failure(.deadline, "the API server did not answer the \(request.what) in time", error)
    default: return failure(.unreachable, "the API server cannot be asked for the \(request.what)", error)
    }
  }

  private func cancelled(_ request: APIRequest) -> APIFailure {
    failure(.cancelled, "the \(request.what) was given up", nil)
  }

  func failure(_ kind: APIFailure.Kind, _ message: String, _ cause: (any Error)?) -> APIFailure {
    let text = cause.map { String("\($0)".prefix(ClientLimits.messageCharacters)) } ?? ""
    return APIFailure(kind, FleetError(kind.code, message, at: .init(file: access.server), cause: text))
  }

  /// The value that an answer's body is.
  func value(_ answer: APIAnswer, of request: APIRequest) throws(APIFailure) -> Value {
    do {
      return try JSON.parse(
        answer.body, file: request.path, limits: ParseLimits(bytes: max(request.answerBytes, answer.body.count)))
    } catch {
      throw failure(.malformedAnswer, "the answer to the \(request.what) is not JSON", error)
    }
  }
}
