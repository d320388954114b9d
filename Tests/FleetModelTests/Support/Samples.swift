import Digests
import FleetModel
import Manifests
import Testing

/// The values that the golden files are the forms of.
enum Samples {
  static let commit = "3f786850e387550fdab836ed7e6dc881de23001b"

  static let webPolicy = AppPolicy(
    prune: false, selfHeal: false, conflicts: .report,
    ignore: [.init(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])],
    dependsOn: ["cert-manager", "database"],
    health: [
      .init(
        group: "db.example.com", kind: "Database", inProgress: "", failed: #"status.phase == "Failed""#,
        healthy: "status.phase == 'Ready'")
    ])

  static let checkout = AppContent.present(
    app: "checkout", manifests: Digest(of: "manifests of checkout"), policy: AppPolicy())
  static let web = AppContent.present(app: "web", manifests: Digest(of: "manifests of web"), policy: webPolicy)

  static func uid(_ text: String) throws -> ClusterUID { try #require(ClusterUID(text)) }
  static func instant(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

  static func release() throws -> Release {
    Release(
      app: "checkout", commit: commit,
      clusters: [
        try uid("fra-1-b7d2"): checkout.digest, try uid("ams-1-09ac"): checkout.digest,
        try uid("old-1-77fe"): AppContent.absent(app: "checkout", .prune).digest,
      ])
  }

  static func bundle() throws -> Bundle {
    let release = try release().digest
    return Bundle(
      fleet: "acme", cluster: try uid("fra-1-b7d2"), bundleSeq: 42, prevSeq: 41,
      minAgent: SemanticVersion(major: 0, minor: 1, patch: 0), notBefore: try instant("2026-01-31T12:00:00Z"),
      apps: [
        Bundle.App(
          name: "checkout", commit: commit, committer: "Zoë <zoe@example.com>", release: release,
          rollout: "checkout-7", appDigest: checkout.digest,
          manifests: BlobReference(sha256: Digest(of: "manifests of checkout"), length: 123), order: 0,
          policy: AppPolicy()),
        Bundle.App(
          name: "web", commit: commit, committer: "Ana <ana@example.com>",
          release: ReleaseDigest(Digest(of: "an earlier release")), rollout: "web-3", rollbackOf: release,
          appDigest: web.digest, manifests: BlobReference(sha256: Digest(of: "manifests of web"), length: 45678),
          order: 1, policy: webPolicy,
          confirmedDeletions: [
            "/Namespace//shop", "apiextensions.k8s.io/CustomResourceDefinition//databases.db.example.com",
          ]),
      ],
      removed: [
        Bundle.Removal(
          name: "old-app", appDigest: AppContent.absent(app: "old-app", .prune).digest, absent: .prune,
          confirmedDeletions: ["/PersistentVolumeClaim/shop/data"])
      ])
  }

  static func report() throws -> Report {
    Report(
      fleet: "acme", cluster: try uid("fra-1-b7d2"), seq: 1007, prev: Digest(of: "report 1006"), boot: "b-5f0c",
      time: try instant("2026-01-31T12:00:05.250Z"), timeFloor: try instant("2026-01-31T11:59:00Z"),
      agent: .init(version: "0.1.0", target: "kubernetes", server: "v1.36.2"),
      trusted: .init(root: 3, timestamp: 90, snapshot: 42, targets: 42), bundleSeq: 42,
      apps: [
        Report.App(
          name: "checkout", appDigest: checkout.digest, sync: .synced, health: .progressing, blocking: true,
          reason: #"Deployment shop/web: 1 of 3 available: "ImagePullBackOff""#,
          objects: .init(total: 12, synced: 12, healthy: 11),
          notHealthy: [.init(id: "apps/Deployment/shop/web", health: .progressing, reason: "1 of 3 available")],
          driftHealed: 2),
        Report.App(
          name: "web", appDigest: web.digest, sync: .outOfSync, health: .unknown, blocking: true, reason: "",
          objects: .init(total: 1, synced: 0, healthy: 0), notHealthy: [], driftHealed: 0),
      ],
      events: [
        Report.Event(
          time: try instant("2026-01-31T12:00:01Z"), kind: "BundleRefused",
          reason: "targets.json: signature of key 12ab does not verify")
      ], droppedEvents: 0)
  }

  static func firstReport() throws -> Report {
    var report = try report()
    report.seq = 1
    report.prev = nil
    report.agent = .init(version: "0.1.0", target: "directory", server: "")
    report.trusted = .init(root: 1, timestamp: 0, snapshot: 0, targets: 0)
    report.bundleSeq = 0
    report.apps = []
    report.events = []
    return report
  }

  static func audit() throws -> [AuditRecord] {
    let observed = AuditRecord(
      after: nil,
      .init(
        time: try instant("2026-01-31T12:00:00Z"), actor: "hub", action: "source.observe", subject: "Add checkout",
        commit: commit, outcome: "done"))
    let approved = AuditRecord(
      after: observed,
      .init(
        time: try instant("2026-01-31T12:00:03.007Z"), actor: "operator/ana", action: "rollout.approve",
        subject: "checkout-7/prod", digest: try release().digest.digest, outcome: "done",
        reason: "looks good – “ship it”"))
    let refused = AuditRecord(
      after: approved,
      .init(
        time: try instant("2026-01-31T12:01:00Z"), actor: "operator/bob", action: "cluster.revoke", subject: "fra-1",
        outcome: "refused", reason: "role viewer may not"))
    return [observed, approved, refused]
  }
}
