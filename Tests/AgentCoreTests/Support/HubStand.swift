import Authority
import Digests
import FleetModel
import HubAPI
import HubSite
import Logging
import Manifests
import NIOPosix
import Programs
import ReleasePipeline
import Synchronization
import TestSupport
import Testing
import Trust
import Wire

@testable import AgentCore

/// A hub with its door open on loopback, between which and the agent a test can meddle.
struct HubStand: Sendable {
  let site: Site
  let hub: FleetHub
  let port: Int
  let meddling: Meddling

  /// Runs a hub on a small fleet, and stops it when `body` returns.
  static func with(_ body: @escaping @Sendable (HubStand) async throws -> Void) async throws {
    try await Site.with { site in
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { try await hub.fleet.fleet().source.inForce != nil }
        try await open(site, hub, body)
      }
    }
  }

  private static func open(
    _ site: Site, _ hub: FleetHub, _ body: @escaping @Sendable (HubStand) async throws -> Void
  ) async throws {
    let key = try PrivateKey.generate(.ecdsaP256)
    let certificate = try site.keys.authority.issueHub(for: key.publicKey, hosts: ["localhost"], at: .now)
    let authority = site.keys.authority.certificate.der
    let tls = try ServerTLS(
      identity: try TLSIdentity(certificateChain: [certificate.der, authority], privateKey: .pem(try key.pem())),
      clientRoots: [authority])
    let meddling = Meddling()
    let server = WireServer(
      WireServer.Configuration(
        host: "127.0.0.1", port: 0, tls: tls, fleet: "small", refusal: { _ in nil }, now: { .now },
        statuses: HubStatuses.table),
      services: [
        MeddlingAgentService(hub: hub, meddling: meddling),
        MeddlingEnrollmentService(inner: EnrollmentHandlers(hub: hub), meddling: meddling),
      ], eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: Fixtures.logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let port = try #require(await server.boundPort)
      do {
        try await body(HubStand(site: site, hub: hub, port: port, meddling: meddling))
      } catch {
        group.cancelAll()
        throw error
      }
      server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }

  /// A join token for a cluster, changed as a test wants.
  func token(for cluster: String = "dev-1", _ change: (inout JoinTicket) -> Void = { _ in }) async throws -> String {
    let made = try await hub.enrollment.createToken(forCluster: cluster, lifetime: nil, by: Actor(operator: "ada"))
    var ticket = try JoinTicket(text: made.text)
    ticket.address = "127.0.0.1:\(port)"
    change(&ticket)
    return ticket.text
  }

  /// A folder for an agent's state.
  func state(_ name: String, files: any FileSystem = HostFileSystem()) throws -> StateDirectory {
    let state = StateDirectory(path: "\(site.directory)/agents/\(name)", files: files)
    try StateDirectory(path: state.path, files: HostFileSystem()).prepare()
    return state
  }

  func enrolment(_ state: StateDirectory) -> EnrollAgent {
    EnrollAgent(
      state: state, version: "0.1.0", eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: Fixtures.logger)
  }

  /// Calls the hub as this agent.
  func connect<Result: Sendable>(
    _ identity: AgentIdentity, _ body: @escaping @Sendable (HubChannel) async throws -> Result
  ) async throws -> Result {
    try await HubChannel.withConnection(
      to: identity.hub, tls: ClientTLS(identity: try identity.tlsIdentity(), trust: identity.trust),
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup, body)
  }
}

/// What is done to what passes between hub and agent, and what passed.
final class Meddling: Sendable {
  typealias Change = @Sendable ([UInt8]) -> [UInt8]?

  private struct State {
    var isOld = false
    var calls = 0
    var metadata: [FlotillaV1.MetadataRole: Change] = [:]
    var blob: Change?
    var credentials: (@Sendable (inout FlotillaV1.Credentials, _ csr: [UInt8]) -> Void)?
    var lostAnswers = 0
    var requests: [FlotillaV1.EnrollRequest] = []
  }

  private let state = Mutex(State())

  /// Changes what the hub serves for a role; nil for nothing there.
  func change(_ role: FlotillaV1.MetadataRole, _ change: @escaping Change) {
    state.withLock { $0.metadata[role] = change }
  }

  /// Changes the bytes of every blob; nil for none sent.
  func changeBlobs(_ change: @escaping Change) { state.withLock { $0.blob = change } }
  func changeCredentials(_ change: @escaping @Sendable (inout FlotillaV1.Credentials, _ csr: [UInt8]) -> Void) {
    state.withLock { $0.credentials = change }
  }
  func loseAnswers(_ count: Int) { state.withLock { $0.lostAnswers = count } }

  /// How many calls were made for metadata and blobs.
  var calls: Int { state.withLock(\.calls) }
  fileprivate func noteCall() { state.withLock { $0.calls += 1 } }

  /// Makes the hub one that does not know `GetView`.
  func beOld() { state.withLock { $0.isOld = true } }
  fileprivate var isOld: Bool { state.withLock(\.isOld) }
  fileprivate func changes(_ role: FlotillaV1.MetadataRole) -> Bool { state.withLock { $0.metadata[role] != nil } }

  func stop() {
    state.withLock { state in
      state.metadata = [:]
      state.blob = nil
      state.credentials = nil
    }
  }

  /// What agents asked to be let in with.
  var enrolments: [FlotillaV1.EnrollRequest] { state.withLock(\.requests) }

  fileprivate func metadata(_ role: FlotillaV1.MetadataRole, _ bytes: [UInt8]) -> [UInt8]? {
    guard let change = state.withLock({ $0.metadata[role] }) else { return bytes }
    return change(bytes)
  }

  fileprivate func blob(_ bytes: [UInt8]) -> [UInt8]? {
    guard let change = state.withLock({ $0.blob }) else { return bytes }
    return change(bytes)
  }

  fileprivate func credentials(_ given: FlotillaV1.Credentials, _ csr: [UInt8]) -> FlotillaV1.Credentials {
    var changed = given
    state.withLock { $0.credentials }?(&changed, csr)
    return changed
  }

  /// Notes a request, and says whether its answer gets lost.
  fileprivate func isLost(_ request: FlotillaV1.EnrollRequest) -> Bool {
    state.withLock { state in
      state.requests.append(request)
      guard state.lostAnswers > 0 else { return false }
      state.lostAnswers -= 1
      return true
    }
  }
}

private struct MeddlingAgentService: FlotillaV1.AgentService {
  let hub: FleetHub
  let meddling: Meddling
  private let inner: AgentHandlers

  init(hub: FleetHub, meddling: Meddling) {
    self.hub = hub
    self.meddling = meddling
    inner = AgentHandlers(hub: hub, version: "0.1.0", now: { .now })
  }

  func session(
    _ requests: MessageStream<FlotillaV1.AgentMessage>, _ responses: MessageWriter<FlotillaV1.HubMessage>,
    _ call: ServerCall
  ) async throws {
    try await inner.session(requests, responses, call)
  }

  func getView(
    _ request: FlotillaV1.GetViewRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetViewResponse {
    meddling.noteCall()
    guard !meddling.isOld else { throw FleetError(.notSupported, "the hub of this test is older") }
    var view = try await inner.getView(request, call)
    view.roots = view.roots.compactMap { meddling.metadata(.root, $0) }
    if meddling.changes(.root) { view.hasAllRoots = false }
    func meddled(
      _ role: FlotillaV1.MetadataRole, _ offered: FlotillaV1.PublishedMetadata?
    ) -> FlotillaV1.PublishedMetadata? {
      offered.flatMap { offered in
        meddling.metadata(role, offered.content).map { .init(version: offered.version, content: $0) }
      }
    }
    view.timestamp = meddled(.timestamp, view.timestamp)
    view.snapshot = meddled(.snapshot, view.snapshot)
    view.targets = meddled(.targets, view.targets)
    view.blobs = view.blobs.compactMap { meddling.blob($0) }
    return view
  }

  func getMetadata(
    _ request: FlotillaV1.GetMetadataRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetMetadataResponse {
    meddling.noteCall()
    let answer = try await inner.getMetadata(request, call)
    guard let bytes = meddling.metadata(request.role, answer.content) else {
      throw FleetError(.notFound, "the test has taken it away")
    }
    return .init(content: bytes)
  }

  func getBlobs(
    _ request: FlotillaV1.GetBlobsRequest, _ responses: MessageWriter<FlotillaV1.BlobChunk>, _ call: ServerCall
  ) async throws {
    meddling.noteCall()
    for wanted in request.blobs {
      guard let digest = Digest(bytes: wanted.sha256), let bytes = try await blob(digest, for: call) else {
        throw FleetError(.notFound, "no such blob")
      }
      let length = bytes.count
      guard let changed = meddling.blob(bytes) else { continue }
      var offset = 0
      // Two pieces, so that there is something to put together.
      for piece in [changed.prefix(changed.count / 2), changed.dropFirst(changed.count / 2)] {
        try await responses.write(
          .init(sha256: wanted.sha256, offset: Int64(offset), data: Array(piece), length: Int64(length)))
        offset += piece.count
      }
    }
  }

  private func blob(_ digest: Digest, for call: ServerCall) async throws -> [UInt8]? {
    if case .cluster(let cluster)? = call.peer?.identity.name,
      let bundle = try await hub.agents.bundle(digest, of: cluster)
    {
      return bundle
    }
    guard let length = try await hub.agents.blobLength(digest) else { return nil }
    return try await hub.agents.blobPart(digest, offset: 0, count: length)
  }
}

private struct MeddlingEnrollmentService: FlotillaV1.EnrollmentService {
  let inner: EnrollmentHandlers
  let meddling: Meddling

  func enroll(_ request: FlotillaV1.EnrollRequest, _ call: ServerCall) async throws -> FlotillaV1.EnrollResponse {
    let answer = try await inner.enroll(request, call)
    if meddling.isLost(request) { throw FleetError(.unavailable, "the answer is lost") }
    guard case .credentials(let credentials) = answer.outcome else { return answer }
    return .init(outcome: .credentials(meddling.credentials(credentials, request.csr)))
  }

  func requestChallenge(
    _ request: FlotillaV1.RequestChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RequestChallengeResponse {
    try await inner.requestChallenge(request, call)
  }

  func renewByChallenge(
    _ request: FlotillaV1.RenewByChallengeRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RenewByChallengeResponse {
    let answer = try await inner.renewByChallenge(request, call)
    return .init(credentials: answer.credentials.map { meddling.credentials($0, request.csr) })
  }

  func renew(_ request: FlotillaV1.RenewRequest, _ call: ServerCall) async throws -> FlotillaV1.RenewResponse {
    let answer = try await inner.renew(request, call)
    return .init(credentials: answer.credentials.map { meddling.credentials($0, request.csr) })
  }
}
