import Digests
import FleetModel
import FleetStore
import Foundation
import LocalFleet
import Manifests
import RolloutEngine

@testable import RolloutRules

// What was published and what agents have: never anything but what the log had assigned by then.

extension StoredRollouts {
  func checkBundles(_ store: SQLiteStore, blobs: String) async throws {
    unpublished = 0
    for cluster in try await store.clusters().map(\.uid) {
      let bundles = try await store.bundles(of: cluster).map {
        try FleetModel.Bundle(json: $0, file: "bundle of \(cluster)")
      }
      for bundle in bundles { try take(bundle, of: cluster) }
      for blob in try await store.readableBlobs(of: cluster) {
        let file = "\(blobs)/\(blob.hex.prefix(2))/\(blob.hex)"
        try hold(FileManager.default.fileExists(atPath: file), "what a bundle names is there", file)
      }
      guard let published = try await store.publication(of: cluster) else { continue }
      guard let current = bundles.first(where: { $0.bundleSeq == published.versions.bundleSeq }) else {
        throw Violation("what is published is stored", "\(cluster)")
      }
      if current.digests != courses[cluster]?.last ?? [:] { unpublished += 1 }
    }
  }

  /// A bundle is what the cluster was assigned at one moment, and a later one is of no earlier moment.
  private func take(_ bundle: FleetModel.Bundle, of cluster: ClusterUID) throws {
    try checkApps(bundle, of: cluster)
    let known = newest[cluster] ?? (0, 0)
    guard bundle.bundleSeq > known.seq else { return }
    let course = courses[cluster] ?? [[:]]
    guard let moment = course.indices.dropFirst(known.moment).first(where: { course[$0] == bundle.digests }) else {
      throw Violation(
        "a bundle is what the log assigned at one moment", "bundle \(bundle.bundleSeq) of \(cluster): \(bundle.digests)"
      )
    }
    newest[cluster] = (bundle.bundleSeq, moment)
  }

  private func checkApps(_ bundle: FleetModel.Bundle, of cluster: ClusterUID) throws {
    for app in bundle.apps {
      let assignment = Assignment(
        cluster: cluster, app: app.name, digest: app.appDigest, release: app.release, rollout: app.rollout)
      try hold(
        assignments[Spot(cluster: cluster, app: app.name)]?.contains(assignment) == true,
        "a bundle names nothing that the log did not assign", "\(assignment)")
    }
    for removal in bundle.removed { try checkGiven(removal.appDigest, removal.name, cluster, "a bundle names") }
  }

  private func checkGiven(_ digest: AppDigest, _ app: String, _ cluster: ClusterUID, _ what: String) throws {
    let given = assignments[Spot(cluster: cluster, app: app)]?.contains { $0.digest == digest } == true
    try hold(given, "\(what) nothing that the log did not assign", "\(app) \(digest) on \(cluster)")
  }

  func checkReports(_ store: SQLiteStore) async throws {
    for observed in try await store.observedApps() {
      try checkGiven(observed.app.appDigest, observed.app.name, observed.cluster, "an agent reports")
    }
  }

  /// What the agents have accepted, and what the folders that they write say they hold. They may be at work meanwhile.
  func checkAgents(of stage: Stage) throws {
    for member in engine.members {
      let cluster = stage.fleet.cluster(member.name)
      if let bundle = try StoredRollouts.accepted(in: cluster.state) {
        try checkApps(bundle, of: member.cluster)
        try hold(
          courses[member.cluster]?.contains(bundle.digests) == true,
          "an agent has what the log assigned at one moment", member.name)
      }
      for folder in (try? FileManager.default.contentsOfDirectory(atPath: cluster.manifests)) ?? [] {
        guard let text = cluster.file("\(folder)/.flotilla.json"),
          let marker = try? JSON.parse(Array(text.utf8), file: folder), let app = marker["app"]?.string,
          let digest = marker["app_digest"]?.string.flatMap({ Digest(hex: $0) })
        else { continue }
        try checkGiven(AppDigest(digest), app, member.cluster, "a folder holds")
      }
    }
  }

  /// The bundle that an agent works from; nil before its first, and where it took the next one at this moment.
  private static func accepted(in state: String) throws -> FleetModel.Bundle? {
    guard let text = try? Data(contentsOf: URL(filePath: "\(state)/current.json")),
      let digest = try JSON.parse(Array(text), file: "current.json")["bundle"]?.string,
      let bytes = try? Data(contentsOf: URL(filePath: "\(state)/blobs/\(digest)"))
    else { return nil }
    return try FleetModel.Bundle(json: Array(bytes), file: state)
  }
}

extension FleetModel.Bundle {
  /// What it makes of each app.
  var digests: [String: AppDigest] {
    Dictionary(
      apps.map { ($0.name, $0.appDigest) } + removed.map { ($0.name, $0.appDigest) }, uniquingKeysWith: { $1 })
  }
}
