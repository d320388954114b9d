public import FleetModel
import FleetStore
import Logging
public import Manifests
import RolloutEngine
import Trust

/// The fifth step: a report is verified, stored, and becomes evidence.
public struct ReportRecorder: Sendable {
  let store: any HubStore
  let rollouts: RolloutAdvancer
  let publisher: BundlePublisher
  let fleet: String
  let metrics: HubMetrics
  let now: @Sendable () -> Timestamp
  let logger: Logger

  /// Takes a report in its envelope; returns its number once it is stored. Throws when it is refused.
  public func record(envelope: [UInt8], from cluster: ClusterUID) async throws(FleetError) -> Int64 {
    do {
      let (seq, outcome) = try await take(envelope, from: cluster)
      metrics.count(.reports, outcome.rawValue)
      return seq
    } catch {
      metrics.count(.reports, HubMetrics.ReportOutcome.refused.rawValue)
      throw error
    }
  }

  private func take(
    _ envelope: [UInt8], from cluster: ClusterUID
  ) async throws(FleetError) -> (seq: Int64, HubMetrics.ReportOutcome) {
    guard let record = try await store.cluster(cluster), let raw = record.reportKey else {
      throw FleetError(.clusterUnknown, "the cluster has no report key", at: .init(cluster: "\(cluster)"))
    }
    let authentic = try UnverifiedReport(envelope: envelope)
      .verified(by: try PublicKey(ed25519: raw), for: cluster, of: fleet)
    let report = authentic.report
    let outcome = try await store.recordReport(
      VerifiedReport(
        report: report, payload: authentic.payload, envelope: authentic.envelope, receivedAt: now()))
    switch outcome {
    case .repeated:
      // A hub that was killed may have stored it and told nobody.
      let published = try await store.publishedBundle(of: cluster)
      await rollouts.post(try await evidence(in: report, from: cluster, published))
      return (report.seq, .repeated)
    case .refused(let last):
      throw FleetError(
        .reportRefused, "report \(report.seq) after \(last)", at: .init(cluster: record.name),
        nextStep: "the agent goes on with a higher number by itself")
    case .accepted:
      logger.debug("report recorded", metadata: ["cluster": "\(record.name)", "seq": "\(report.seq)"])
      try await note(report, of: record)
      let published = try await store.publishedBundle(of: cluster)
      if let published { await overtake(published.record.versions, with: report, of: cluster) }
      await rollouts.post(try await evidence(in: report, from: cluster, published))
      return (report.seq, .recorded)
    }
  }

  /// What an agent trusts already was used, also where this hub does not remember it: the next is above that.
  private func overtake(_ published: PublicationVersions, with report: Report, of cluster: ClusterUID) async {
    let trusted = report.trusted
    let isBehind =
      trusted.timestamp > published.timestamp || trusted.snapshot > published.snapshot
      || trusted.targets > published.targets || report.bundleSeq > published.bundleSeq
    if isBehind { await publisher.overtake(cluster) }
  }

  private func note(_ report: Report, of cluster: ClusterRecord) async throws(FleetError) {
    guard !report.events.isEmpty else { return }
    let events = report.events.map {
      FleetEvent(time: $0.time, kind: $0.kind, cluster: cluster.name, message: $0.reason)
    }
    try await store.record(Trail(events: events))
  }

  /// What the engine learns: which bundle the agent holds, what it refused, what it observed.
  private func evidence(
    in report: Report, from cluster: ClusterUID, _ published: PublishedBundle?
  ) async throws(FleetError) -> [RolloutEvent] {
    var events: [RolloutEvent] = []
    if let published, published.record.versions.bundleSeq == report.bundleSeq {
      await publisher.hasTaken(cluster)
      let bundle = try Bundle(json: published.bytes, file: "bundle.json")
      let digests = bundle.apps.map { ($0.name, $0.appDigest) } + bundle.removed.map { ($0.name, $0.appDigest) }
      events.append(.bundleAccepted(cluster, Dictionary(digests, uniquingKeysWith: { $1 })))
    }
    // A refusal is of what is offered now only as long as the agent has not accepted it. Where it trusts more than was
    // published, it refuses what comes before that, and is not to blame; a later refusal the pull deadline finds.
    if let refusal = report.events.last(where: { $0.kind == "BundleRefused" }),
      let published, report.bundleSeq < published.record.versions.bundleSeq, await !publisher.isOvertaking(cluster)
    {
      events.append(.bundleRefused(cluster, app: nil, reason: refusal.reason))
    }
    if !report.apps.isEmpty { events.append(.clusterReported(cluster, report.apps.map { AppObservation($0) })) }
    return events
  }
}

extension FleetError.Code {
  /// A report whose number is not above the last one's.
  public static let reportRefused = FleetError.Code("report-refused")
}
