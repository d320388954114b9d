internal import Digests
public import FleetModel
internal import FleetStore
internal import Logging
internal import Manifests
public import ReleasePipeline
internal import Synchronization
public import Wire

/// What agents call. Every call acts for the cluster of the caller's certificate.
public struct AgentHandlers: FlotillaV1.AgentService {
  /// How often an agent shows that it is there. Three missed ones, and the grace after a session's end, make a cluster
  /// offline within 90 seconds.
  public static let heartbeatInterval: Duration = .seconds(20)

  private let hub: FleetHub
  private let version: String
  private let now: @Sendable () -> Timestamp

  public init(hub: FleetHub, version: String, now: @escaping @Sendable () -> Timestamp) {
    self.hub = hub
    self.version = version
    self.now = now
  }

  public func session(
    _ requests: MessageStream<FlotillaV1.AgentMessage>, _ responses: MessageWriter<FlotillaV1.HubMessage>,
    _ call: ServerCall
  ) async throws {
    let cluster = try await hub.access.requireCluster(call)
    let session = SessionTask(hub: hub, cluster: cluster, version: version, responses: responses, now: now)
    try await session.run(requests)
  }

  public func getView(
    _ request: FlotillaV1.GetViewRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetViewResponse {
    let cluster = try await hub.access.requireCluster(call)
    let held = request.bundle.isEmpty ? nil : try Digest(wire: request.bundle, field: "bundle")
    let trusted = request.trusted ?? .init()
    let view = try await hub.agents.view(of: cluster, after: trusted.root, held: held, blobs: WireLimits.viewBlobBytes)
    guard let view else {
      throw FleetError(.notFound, "nothing is published for this cluster", at: .init(cluster: "\(cluster)"))
    }
    return FlotillaV1.GetViewResponse(view, trusted: trusted)
  }

  public func getMetadata(
    _ request: FlotillaV1.GetMetadataRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetMetadataResponse {
    let cluster = try await hub.access.requireCluster(call)
    let content = try await hub.agents.metadata(try PublishedRole(request.role), of: cluster, version: request.version)
    guard let content else {
      throw FleetError(.notFound, "no such metadata is published for this cluster", at: .init(cluster: "\(cluster)"))
    }
    return FlotillaV1.GetMetadataResponse(content: content)
  }

  public func getBlobs(
    _ request: FlotillaV1.GetBlobsRequest, _ responses: MessageWriter<FlotillaV1.BlobChunk>, _ call: ServerCall
  ) async throws {
    let cluster = try await hub.access.requireCluster(call)
    guard request.blobs.count <= WireLimits.blobsPerCall else {
      throw FleetError(.invalidRequest, "at most \(WireLimits.blobsPerCall) blobs can be asked for in one call")
    }
    let readable = try await hub.agents.beginPull(by: cluster)
    for wanted in request.blobs {
      let digest = try Digest(wire: wanted.sha256, field: "blobs.sha256")
      if readable.contains(digest) {
        guard let length = try await hub.agents.blobLength(digest) else {
          throw FleetError(.notFound, "the blob is not in the hub's store", at: .init(object: digest.hex))
        }
        try await send(digest, of: length, from: wanted.offset, responses) { position, count in
          try await hub.agents.blobPart(digest, offset: position, count: count) ?? []
        }
      } else if let bundle = try await hub.agents.bundle(digest, of: cluster) {
        try await send(digest, of: bundle.count, from: wanted.offset, responses) { position, count in
          Array(bundle.dropFirst(position).prefix(count))
        }
      } else {
        throw FleetError(.notFound, "the cluster's metadata names no such blob", at: .init(object: digest.hex))
      }
      await hub.agents.blobServed(to: cluster)
    }
  }

  private func send(
    _ digest: Digest, of length: Int, from offset: Int64, _ responses: MessageWriter<FlotillaV1.BlobChunk>,
    _ read: (_ position: Int, _ count: Int) async throws -> [UInt8]
  ) async throws {
    guard var position = Int(exactly: offset), (0...length).contains(position) else {
      throw FleetError(.invalidRequest, "the offset is outside the blob", at: .init(field: "blobs.offset"))
    }
    repeat {
      let part = try await read(position, WireLimits.blobChunkBytes)
      try await responses.write(
        FlotillaV1.BlobChunk(sha256: digest.bytes, offset: Int64(position), data: part, length: Int64(length)))
      position += part.count
      if part.isEmpty && position < length {
        throw FleetError(.internalFailure, "the blob is shorter than it was stored", at: .init(object: digest.hex))
      }
    } while position < length
  }
}

/// One agent's session, from its hello to its end.
private struct SessionTask: Sendable {
  let hub: FleetHub
  let cluster: ClusterUID
  let version: String
  let responses: MessageWriter<FlotillaV1.HubMessage>
  let now: @Sendable () -> Timestamp

  /// How many heartbeats may be missed before a session is given up.
  private static let missedHeartbeats = 3

  func run(_ requests: MessageStream<FlotillaV1.AgentMessage>) async throws {
    let (opened, open) = AsyncStream.makeStream(of: AsyncStream<AgentSessions.Message>.self)
    let heard = LastHeard(now())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listen(requests, heard, open) }
      group.addTask { try await tell(opened) }
      group.addTask { try await giveUpOnSilence(heard) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func listen(
    _ requests: MessageStream<FlotillaV1.AgentMessage>, _ heard: LastHeard,
    _ open: AsyncStream<AsyncStream<AgentSessions.Message>>.Continuation
  ) async throws {
    var number: UInt64?
    defer { number.map { hub.sessions.end(cluster, number: $0) } }
    for try await message in requests {
      heard.note(now())
      switch (message.body, number) {
      case (.hello(let hello), nil):
        let last = try await hub.agents.hello(cluster, trusted: hello.trusted.map(Report.Trusted.init))
        try await responses.write(.init(body: .welcome(welcome(lastReport: last))))
        let session = hub.sessions.begin(cluster)
        number = session.number
        await hub.agents.sessionBegan(cluster)
        open.yield(session.messages)
      case (.heartbeat, .some): await hub.agents.heartbeat(cluster)
      case (.report(let report), .some): try await record(report)
      case (nil, .some): break  // a message of a newer agent
      case (.hello, .some), (_, nil):
        throw FleetError(.invalidRequest, "a session begins with one hello", at: .init(cluster: "\(cluster)"))
      }
    }
  }

  private func welcome(lastReport: Int64) -> FlotillaV1.Welcome {
    FlotillaV1.Welcome(
      hubVersion: version, heartbeatIntervalMs: AgentHandlers.heartbeatInterval.inMilliseconds,
      lastReportSeq: lastReport, timeUnixMs: now().milliseconds)
  }

  private func record(_ report: FlotillaV1.SignedReport) async throws {
    do {
      let seq = try await hub.reports.record(envelope: report.envelope, from: cluster)
      try await responses.write(.init(body: .reportAcknowledged(.init(seq: seq))))
    } catch let error as FleetError {
      let last = try await hub.agents.lastReport(of: cluster)
      try await responses.write(
        .init(body: .reportRefused(.init(seq: report.seq, lastReportSeq: last, error: .init(error)))))
    }
  }

  private func tell(_ opened: AsyncStream<AsyncStream<AgentSessions.Message>>) async throws {
    for await messages in opened {
      for await message in messages {
        try await responses.write(.init(message))
        if case .closing = message { return }
      }
      return
    }
  }

  private func giveUpOnSilence(_ heard: LastHeard) async throws {
    let allowed = AgentHandlers.heartbeatInterval * SessionTask.missedHeartbeats
    while true {
      try await Task.sleep(for: AgentHandlers.heartbeatInterval)
      if now().since(heard.time) > allowed {
        throw FleetError(.timedOut, "nothing was heard for \(allowed)", at: .init(cluster: "\(cluster)"))
      }
    }
  }
}

/// When an agent was last heard.
private final class LastHeard: Sendable {
  private let instant: Mutex<Timestamp>

  init(_ now: Timestamp) { instant = Mutex(now) }

  var time: Timestamp { instant.withLock { $0 } }

  func note(_ now: Timestamp) { instant.withLock { $0 = now } }
}

extension FlotillaV1.HubMessage {
  fileprivate init(_ message: AgentSessions.Message) {
    switch message {
    case .metadataChanged(let version): self.init(body: .metadataChanged(.init(timestampVersion: version)))
    case .refreshReport: self.init(body: .refresh(.init(report: true)))
    case .closing(let closing):
      let reason: FlotillaV1.SessionClosing.Reason =
        switch closing {
        case .hubStopping: .hubStopping
        case .replaced: .replaced
        case .revoked: .revoked
        }
      self.init(body: .sessionClosing(.init(reason: reason)))
    }
  }
}

extension FlotillaV1.GetViewResponse {
  /// What does not fit is left out: the agent asks for it by itself.
  fileprivate init(_ view: AgentView, trusted: FlotillaV1.TrustedVersions) {
    let published = view.published
    var left = WireLimits.viewMetadataBytes
    func fits(_ bytes: [UInt8]) -> Bool {
      guard bytes.count <= left else { return false }
      left -= bytes.count
      return true
    }
    func metadata(_ role: ViewRole, besides version: Int64?) -> FlotillaV1.PublishedMetadata? {
      let current = published.record.versions[role]
      guard current != version, let bytes = published.metadata[role], fits(bytes) else { return nil }
      return FlotillaV1.PublishedMetadata(version: current, content: bytes)
    }
    self.init()
    timestamp = metadata(.timestamp, besides: nil)
    snapshot = metadata(.snapshot, besides: trusted.snapshot)
    targets = metadata(.targets, besides: trusted.targets)
    roots = published.roots.map(\.bytes).prefix { fits($0) }.map(\.self)
    hasAllRoots = roots.count == published.roots.count && published.roots.count < PublicationLimits.rootsAtOnce
    blobs = view.blobs
  }
}

extension PublishedRole {
  fileprivate init(_ role: FlotillaV1.MetadataRole) throws(FleetError) {
    switch role {
    case .root: self = .root
    case .timestamp: self = .timestamp
    case .snapshot: self = .snapshot
    case .targets: self = .targets
    case .unspecified, .unrecognized:
      throw FleetError(.invalidRequest, "no such role of metadata", at: .init(field: "role"))
    }
  }
}
