import AgentCore
import AsyncHTTPClient
import Manifests
import NIOCore

/// Tells of the objects of one kind for as long as it runs, whatever happens to connections and servers.
///
/// Begins with everything there is (by WatchList where the server has it, else by pages), then follows the changes from
/// version to version. A version that is too old, told by the HTTP status or inside the stream, begins again.
struct ObjectWatch: Sendable {
  let client: APIClient
  let resource: APIResource
  /// As in a query; empty for all.
  var labels = ""
  var namespace = ""
  /// Between 0 and 1.
  let random: @Sendable () -> Double

  /// How one connection's watch ended.
  private enum Ending {
    /// In order, or the connection broke: go on from this version.
    case resume(String)
    case expired
    case failed(APIFailure)
    case watchListUnsupported
  }

  /// Where the watch stands between connections.
  private struct Position {
    var version: String?
    var offersWatchList = true
    var isInterrupted = false
    var retry = RetrySchedule(first: .milliseconds(200), longest: .seconds(30))
  }

  /// Runs until the task is cancelled. The next event waits until `handle` has returned.
  func run(_ handle: @Sendable (WatchEvent) async -> Void) async {
    var position = Position()
    while !Task.isCancelled {
      let ending = await step(&position, handle)
      switch ending {
      case .resume(let version):
        // An answer that ended at once must not become a loop without a pause.
        if version == position.version { try? await Task.sleep(for: position.retry.failed(random: random())) }
        position.version = version
      case .expired:
        if position.version == nil { try? await Task.sleep(for: position.retry.failed(random: random())) }
        position.version = nil
      case .watchListUnsupported: position.offersWatchList = false
      case .failed(let failure):
        guard failure.kind != .cancelled else { return }
        position.isInterrupted = true
        await handle(.interrupted(failure))
        let pause = max(position.retry.failed(random: random()), failure.retryAfter ?? .zero)
        try? await Task.sleep(for: pause)
      }
    }
  }

  private func step(_ position: inout Position, _ handle: @Sendable (WatchEvent) async -> Void) async -> Ending {
    guard position.version == nil else { return await follow(&position, initial: false, handle) }
    if position.offersWatchList { return await follow(&position, initial: true, handle) }
    return await listAll(&position, handle)
  }

  private func listAll(_ position: inout Position, _ handle: @Sendable (WatchEvent) async -> Void) async -> Ending {
    do {
      var items: [Value] = []
      let version = try await client.list(
        resource, namespace: namespace, labels: labels, restart: { items = [] }, { items.append($0) })
      await handle(.begin)
      for item in items { await handle(.present(item)) }
      await handle(.complete)
      position.retry.succeeded()
      position.version = version
      return await follow(&position, initial: false, handle)
    } catch {
      return .failed(error)
    }
  }

  private func follow(
    _ position: inout Position, initial: Bool, _ handle: @Sendable (WatchEvent) async -> Void
  ) async -> Ending {
    let seconds = Int.random(in: ClientLimits.watchSeconds)
    let request = request(from: position.version, initial: initial, seconds: seconds)
    do {
      let response = try await client.open(request, lasting: .seconds(seconds + 30))
      if initial { await handle(.begin) }
      if position.isInterrupted { await handle(.resumed) }
      position.isInterrupted = false
      var stream = Stream(version: position.version, isComplete: !initial)
      let began = ContinuousClock.now
      let ending = await read(response, &stream, request, handle)
      if stream.isComplete && (stream.hasMoved || ContinuousClock.now - began > .seconds(30)) {
        position.retry.succeeded()
      }
      return ending
    } catch {
      // Servers without the feature refuse the parameter: 422, or 400 in older ones.
      if initial, error.kind == .invalid || error.status == 400 { return .watchListUnsupported }
      return ending(error)
    }
  }

  /// What one connection has told so far.
  private struct Stream {
    var version: String?
    /// Whether everything there is has been told; before that a version means nothing.
    var isComplete: Bool
    var hasMoved = false
    var lines = LineSplitter(limit: ClientLimits.eventBytes)

    mutating func move(to newer: String?) {
      guard isComplete, let newer else { return }
      version = newer
      hasMoved = true
    }
  }

  private func read(
    _ response: HTTPClientResponse, _ stream: inout Stream, _ request: APIRequest,
    _ handle: @Sendable (WatchEvent) async -> Void
  ) async -> Ending {
    var failure = client.failure(.unreachable, "the \(request.what) ended before everything was told", nil)
    do {
      for try await piece in response.body {
        guard let lines = stream.lines.take(piece.readableBytesView) else { return .failed(tooLong(request)) }
        for line in lines {
          if let ending = await take(line, &stream, request, handle) { return ending }
        }
      }
    } catch {
      failure = client.onTheWay(error, request)
    }
    // An end, silence or a broken connection: what was told still holds, and the watch goes on from there.
    guard let version = stream.version, stream.isComplete, failure.kind != .cancelled else { return .failed(failure) }
    return .resume(version)
  }

  private func take(
    _ line: [UInt8], _ stream: inout Stream, _ request: APIRequest, _ handle: @Sendable (WatchEvent) async -> Void
  ) async -> Ending? {
    switch WatchLine(line) {
    case nil: return .failed(malformed(request))
    case .event(let event, let newer)?:
      await handle(event)
      stream.move(to: newer)
    case .bookmark(let newer, let endsInitialEvents)?:
      if endsInitialEvents && !stream.isComplete {
        stream.isComplete = true
        await handle(.complete)
      }
      stream.move(to: newer)
    case .error(let status)?: return ending(APIFailure(event: status, what: request.what))
    }
    return nil
  }

  private func ending(_ failure: APIFailure) -> Ending { failure.kind == .expired ? .expired : .failed(failure) }

  private func request(from version: String?, initial: Bool, seconds: Int) -> APIRequest {
    var request = APIRequest(.watch, kind: resource.kind, path: resource.path(namespace: namespace))
    request.query = [("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", String(seconds))]
    if !labels.isEmpty { request.query.append(("labelSelector", labels)) }
    if initial {
      request.query += [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
    } else if let version {
      request.query.append(("resourceVersion", version))
    }
    return request
  }

  private func tooLong(_ request: APIRequest) -> APIFailure {
    client.failure(.malformedAnswer, "an event of the \(request.what) is over \(ClientLimits.eventBytes) bytes", nil)
  }

  private func malformed(_ request: APIRequest) -> APIFailure {
    client.failure(.malformedAnswer, "the \(request.what) tells what is no event", nil)
  }
}
