import Digests
import FleetModel
import Logging
import Manifests
import Synchronization
import Trust
import Wire

/// Fetches what is newer than what the agent trusts, verifies it, and makes it the accepted bundle.
///
/// Nothing is accepted before all of it is verified and on disk: metadata as it is verified, then the bundle and every
/// manifest set it names, then `current.json`. A killed agent goes on from the bundle before.
actor BundlePuller {
  /// What a pull led to.
  enum Outcome: Sendable {
    case unchanged
    case accepted(DesiredState)
  }

  private let identity: AgentIdentity
  private let state: StateDirectory
  private let version: SemanticVersion
  private let clock: @Sendable () -> Timestamp
  private let logger: Logger
  private var client: MetadataClient<StoredMetadata>
  private var accepted: AcceptedBundle?
  private var floor: TimeFloor
  /// Whether what was accepted last could not be read back: it is to be fetched although it is nothing new.
  private var isDamaged = false

  init(
    identity: AgentIdentity, state: StateDirectory, version: SemanticVersion, logger: Logger,
    clock: @escaping @Sendable () -> Timestamp
  ) throws(FleetError) {
    self.identity = identity
    self.state = state
    self.version = version
    self.clock = clock
    self.logger = logger
    client = try MetadataClient(
      restoringFor: identity.cluster, of: identity.fleet, storage: StoredMetadata(state: state))
    accepted = try AcceptedBundle(in: state)
    floor = try TimeFloor(in: state)
  }

  /// What a report says of trust now.
  var standing: ReportWriter.Standing {
    ReportWriter.Standing(
      trusted: client.view.versions, bundleSeq: accepted?.bundleSeq ?? 0, timeFloor: floor.instant)
  }

  /// The bundle accepted before, from disk alone; nil before the first, and when it is damaged, which is logged.
  func restore() -> DesiredState? {
    guard let accepted else { return nil }
    for digest in [accepted.bundle, accepted.previous].compactMap(\.self) {
      do {
        return try desiredState(of: digest, epoch: accepted.epoch)
      } catch {
        isDamaged = true
        logger.error("the accepted bundle cannot be read back", metadata: ["error": "\(error)"])
      }
    }
    return nil
  }

  /// Looks for something newer. Throws a `FleetError` that says what was refused; what was accepted before stays.
  func pull(over channel: HubChannel) async throws -> Outcome {
    let hub = FlotillaV1.AgentClient(channel)
    let now = floor.now(clock())
    if floor.instant > clock() {
      logger.warning("the clock is behind signed time", metadata: ["floor": "\(floor.instant)"])
    }
    let offer = try await offer(of: hub)
    let (refreshed, refusal) = await BundlePuller.refresh(client, from: HubMetadata(hub: hub, offer: offer), at: now)
    client = refreshed
    if let refusal {
      // A cluster that has just enrolled.
      if refusal.code == .nothingPublished && refreshed.view.timestamp == nil { return .unchanged }
      throw refusal
    }
    if let issued = refreshed.view.timestamp?.audience?.issuedAt { try floor.raise(to: issued, in: state) }
    guard let reference = VerifiedBundle.reference(in: refreshed.view),
      isDamaged || reference.sha256 != accepted?.bundle
    else { return .unchanged }
    return .accepted(try await accept(reference, in: refreshed.view, HubBlobs(hub: hub, offer: offer)))
  }

  /// What the hub gives at once; nothing of it is believed that is not verified as if it had been asked for piece by piece.
  private func offer(of hub: FlotillaV1.AgentClient) async throws(FleetError) -> ViewOffer {
    let trusted = client.view.versions
    let held = isDamaged ? nil : accepted?.bundle.bytes
    do throws(FleetError) {
      let view = try await hub.getView(
        .init(
          trusted: .init(
            root: trusted.root, timestamp: trusted.timestamp, snapshot: trusted.snapshot, targets: trusted.targets),
          bundle: held ?? []))
      return ViewOffer(view, after: trusted.root)
    } catch  where error.code == .notFound || error.code == .notSupported {
      // Nothing is published yet, or the hub is older than this agent.
      return .nothing
    }
  }

  /// The client after a refresh, with what was accepted before something was refused.
  private static func refresh(
    _ client: MetadataClient<StoredMetadata>, from source: HubMetadata, at now: Timestamp
  ) async -> (MetadataClient<StoredMetadata>, FleetError?) {
    var refreshed = client
    do throws(FleetError) {
      _ = try await refreshed.refresh(from: source, at: now)
      return (refreshed, nil)
    } catch {
      return (refreshed, error)
    }
  }

  private func accept(
    _ reference: BlobReference, in view: TrustedView, _ source: HubBlobs
  ) async throws -> DesiredState {
    let bytes = try await fetch([reference], source)[reference.sha256] ?? []
    let verified = try VerifiedBundle(
      bytes, in: view,
      VerifiedBundle.Acceptance(
        epoch: accepted?.epoch ?? 0, bundleSeq: accepted?.bundleSeq ?? 0, agentVersion: version,
        bundle: accepted?.bundle))
    guard verified.bundle.notBefore <= floor.now(clock()) else {
      throw FleetError(
        .expiredMetadata, "the bundle is not to be applied before \(verified.bundle.notBefore)",
        at: .init(file: "bundle.json", field: "not_before"), nextStep: "check this machine's clock")
    }
    let manifests = try await fetch(verified.bundle.apps.map(\.manifests), source)
    let desired = try DesiredState(verified) { reference in manifests[reference.sha256] }
    try keep(verified, manifests)
    return desired
  }

  /// Brings everything to disk and then flips what is current.
  private func keep(_ verified: VerifiedBundle, _ manifests: [Digest: [UInt8]]) throws(FleetError) {
    for (digest, bytes) in manifests where try state.blob(digest) == nil { try state.storeBlob(digest, bytes) }
    let digest = verified.reference.sha256
    try state.storeBlob(digest, verified.bytes)
    try state.syncBlobs()
    let next = AcceptedBundle(
      bundle: digest, previous: accepted?.bundle == digest ? accepted?.previous : accepted?.bundle,
      epoch: verified.epoch, bundleSeq: verified.bundle.bundleSeq)
    try next.store(in: state)
    let former = accepted.flatMap { try? blobs(of: $0.bundle, epoch: $0.epoch) } ?? []
    accepted = next
    isDamaged = false
    logger.info("bundle accepted", metadata: ["bundle_seq": "\(next.bundleSeq)"])
    do {
      try state.keepBlobs(former.union(manifests.keys).union([digest]).union(next.previous.map { [$0] } ?? []))
    } catch {
      logger.warning("old blobs cannot be removed", metadata: ["error": "\(error)"])
    }
  }

  private func desiredState(of digest: Digest, epoch: Int64) throws(FleetError) -> DesiredState {
    let verified = try stored(digest, epoch)
    let state = state
    return try DesiredState(verified) { (reference) throws(FleetError) in try state.blob(reference.sha256) }
  }

  private func blobs(of digest: Digest, epoch: Int64) throws(FleetError) -> Set<Digest> {
    Set(try stored(digest, epoch).bundle.apps.map(\.manifests.sha256))
  }

  private func stored(_ digest: Digest, _ epoch: Int64) throws(FleetError) -> VerifiedBundle {
    guard let bytes = try state.blob(digest) else {
      throw FleetError(.contentMismatch, "the accepted bundle is missing or damaged", at: .init(file: digest.hex))
    }
    return try VerifiedBundle(
      accepted: bytes, digest: digest, cluster: identity.cluster, fleet: identity.fleet, epoch: epoch)
  }

  /// The blobs of these references: from disk where they are, the rest from the hub. Each is checked.
  private func fetch(_ references: [BlobReference], _ source: HubBlobs) async throws -> [Digest: [UInt8]] {
    var found: [Digest: [UInt8]] = [:]
    var missing: [BlobReference] = []
    for reference in references where found[reference.sha256] == nil {
      if let bytes = try state.blob(reference.sha256) {
        found[reference.sha256] = bytes
      } else if !missing.contains(reference) {
        missing.append(reference)
      }
    }
    found.merge(try await source.blobs(missing)) { $1 }
    return found
  }
}

extension DesiredState {
  /// What a verified bundle wants, with the manifest sets that `blob` has; each is checked against the bundle.
  fileprivate init(
    _ verified: VerifiedBundle, blob: (BlobReference) throws(FleetError) -> [UInt8]?
  ) throws(FleetError) {
    var apps: [DesiredApp] = []
    for app in verified.bundle.apps {
      guard let bytes = try blob(app.manifests) else {
        throw FleetError(.contentMismatch, "the manifests are missing or damaged", at: .init(app: app.name))
      }
      apps.append(
        DesiredApp(
          name: app.name, digest: app.appDigest, manifests: try verified.manifests(of: app, bytes), policy: app.policy,
          order: app.order, confirmedDeletions: Set(app.confirmedDeletions)))
    }
    self.init(bundleSeq: verified.bundle.bundleSeq, apps: apps, removals: verified.bundle.removed)
  }
}
