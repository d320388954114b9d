import FleetModel
import Logging
import Manifests
import Synchronization

/// Holds the Lease in the agent's namespace without which nothing is written, so that of two agents that were given the
/// same cluster by mistake one works and the other one says so.
final class WriteLease: Sendable {
  static let name = "flotilla-agent"

  private enum Standing {
    /// Nothing was heard yet.
    case undecided
    case held(until: Duration)
    case refused(APIFailure)
  }

  private let client: APIClient
  private let namespace: String
  private let duration: Duration
  private let now: @Sendable () -> Timestamp
  private let start = ContinuousClock.now
  private let claim: Mutex<LeaseClaim>
  private let standing = Mutex(Standing.undecided)
  /// The Lease as the last write left it: renewing needs no read, for who takes it meanwhile makes it another version.
  private let written = Mutex<LeaseRecord?>(nil)
  private let decided = Broadcast()

  private let resource = APIResource(
    group: "coordination.k8s.io", version: "v1", kind: "Lease", name: "leases", isNamespaced: true, verbs: [])

  init(
    client: APIClient, namespace: String, holder: LeaseHolder, duration: Duration,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.client = client
    self.namespace = namespace
    self.duration = duration
    self.now = now
    claim = Mutex(LeaseClaim(own: holder))
  }

  /// Why nothing may be written now; nil when it may. Waits for the first answer to that.
  func refusal(waitingAtMost time: Duration) async -> APIFailure? {
    await decided.wait(atMost: time) { if case .undecided = standing.withLock(\.self) { false } else { true } }
    return refusal
  }

  /// Why nothing may be written now; nil when it may.
  var refusal: APIFailure? {
    switch standing.withLock(\.self) {
    case .undecided: client.failure(.notHolder, "the Lease \(namespace)/\(Self.name) is not held yet", nil)
    case .held(let end) where elapsed < end: nil
    case .held: client.failure(.notHolder, "the Lease \(namespace)/\(Self.name) could not be renewed in time", nil)
    case .refused(let failure): failure
    }
  }

  private var elapsed: Duration { start.duration(to: .now) }

  /// Keeps it, or tries to get it, until the task is cancelled.
  /// - Parameters:
  ///   - prepare: called before writing is allowed that was not.
  ///   - turned: called when writing is allowed from now on, or no longer.
  func run(prepare: () async -> Void, turned: () async -> Void) async {
    var wasHeld: Bool?
    while !Task.isCancelled {
      let (next, pause) = await step()
      if case .held = next, refusal != nil { await prepare() }
      standing.withLock { $0 = next }
      let refusal = refusal
      if (refusal == nil) != wasHeld {
        if let refusal { client.logger.warning("nothing is written", metadata: ["error": "\(refusal)"]) }
        await turned()
      }
      wasHeld = refusal == nil
      decided.raise()
      try? await Task.sleep(for: pause)
    }
  }

  /// One look at the Lease and what follows from it; how long to wait for the next.
  private func step() async -> (Standing, Duration) {
    let began = elapsed
    let known = written.withLock { written in
      defer { written = nil }
      return written
    }
    do throws(APIFailure) {
      var record = known
      if record == nil { record = try await read() }
      let step = claim.withLock { $0.saw(record, at: began) }
      if case .wait(let holder) = step { return (.refused(heldBy(holder)), duration / 3) }
      let made = try await write(step)
      written.withLock { $0 = made }
      claim.withLock { $0.wrote() }
      return (.held(until: began + duration), duration / 3)
    } catch {
      let before = standing.withLock(\.self)
      // Somebody was quicker, or took it away: look again at once.
      let isOutdated = error.kind == .stale || error.kind == .alreadyExists || (known != nil && error.kind == .notFound)
      if isOutdated { return (before, .milliseconds(20)) }
      // What is held stays so until its end, whatever fails meanwhile.
      if case .held(let end) = before, elapsed < end { return (before, duration / 6) }
      return (.refused(unobtainable(error)), duration / 6)
    }
  }

  private func unobtainable(_ failure: APIFailure) -> APIFailure {
    let error = FleetError(
      APIFailure.Kind.notHolder.code, "the Lease \(namespace)/\(Self.name) cannot be had",
      at: failure.error.address, cause: "\(failure.error.message) \(failure.error.cause)",
      nextStep: failure.error.nextStep)
    return APIFailure(.notHolder, status: failure.status, error)
  }

  private func heldBy(_ holder: LeaseHolder) -> APIFailure {
    APIFailure(
      .notHolder,
      FleetError(
        APIFailure.Kind.notHolder.code, "another agent works on this cluster: \(holder.identity)",
        at: .init(object: id.description),
        nextStep: "stop one of the two; when that one is gone this one takes over by itself"))
  }

  private var id: ObjectID {
    ObjectID(group: resource.group, kind: resource.kind, namespace: namespace, name: Self.name)
  }

  /// The Lease as it is then; nil where nothing was written.
  private func write(_ step: LeaseClaim.Step) async throws(APIFailure) -> LeaseRecord? {
    let time = now().inMicroseconds
    let own = claim.withLock(\.own)
    switch step {
    case .create:
      do throws(APIFailure) {
        return try await send(.create, lease(own, acquired: time, renewed: time, transitions: 0))
      } catch {
        guard error.kind == .notFound else { throw error }
        try await client.makeNamespace(namespace)
        return try await send(.create, lease(own, acquired: time, renewed: time, transitions: 0))
      }
    case .take(let record):
      let transitions = record.transitions.addingReportingOverflow(1).partialValue
      return try await send(
        .update, lease(own, acquired: time, renewed: time, transitions: transitions, version: record.version))
    case .renew(let record):
      return try await send(
        .update,
        lease(
          own, acquired: record.acquired.isEmpty ? time : record.acquired, renewed: time,
          transitions: record.transitions, version: record.version))
    case .wait: return nil
    }
  }

  private func lease(
    _ holder: LeaseHolder, acquired: String, renewed: String, transitions: Int64, version: String = ""
  ) -> Value {
    var metadata: Object = [
      "name": .string(Self.name), "namespace": .string(namespace),
      "annotations": [LeaseRecord.bootAnnotation: .string(holder.boot)],
    ]
    // Without it a change would be overwritten that nobody has seen.
    if !version.isEmpty { metadata["resourceVersion"] = .string(version) }
    return [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": .object(metadata),
      "spec": [
        "holderIdentity": .string(holder.identity),
        "leaseDurationSeconds": .integer(max(1, duration.inMilliseconds / 1000)),
        "acquireTime": .string(acquired), "renewTime": .string(renewed), "leaseTransitions": .integer(transitions),
      ],
    ]
  }

  /// nil when there is none.
  private func read() async throws(APIFailure) -> LeaseRecord? {
    let request = request(.get, Self.name)
    do throws(APIFailure) {
      return LeaseRecord(try client.value(try await client.send(request), of: request))
    } catch {
      guard error.kind == .notFound else { throw error }
      return nil
    }
  }

  private func send(_ verb: APIRequest.Verb, _ lease: Value) async throws(APIFailure) -> LeaseRecord {
    var request = request(verb, verb == .create ? "" : Self.name)
    request.query = [("fieldManager", Ownership.fieldManager)]
    request.body = JSON.compact(lease)
    return LeaseRecord(try client.value(try await client.send(request), of: request))
  }

  private func request(_ verb: APIRequest.Verb, _ name: String) -> APIRequest {
    var request = APIRequest(verb, kind: resource.kind, path: resource.path(namespace: namespace, name: name))
    request.name = "\(namespace)/\(Self.name)"
    // An answer that comes after the Lease's end is of no use, and a queue of applies must not make it late.
    request.deadline = duration / 3
    request.isUrgent = true
    return request
  }
}

extension Timestamp {
  /// As Kubernetes writes instants of leases: always six digits of a second.
  fileprivate var inMicroseconds: String {
    let whole = Timestamp(milliseconds: milliseconds - milliseconds % 1000)
    let digits = String(1_000_000 + abs(milliseconds % 1000) * 1000).dropFirst()
    return "\(whole)".prefix(19) + ".\(digits)Z"
  }
}
