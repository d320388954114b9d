// Every number of the hub; Docs/reference/metrics.md says what to do with them.

public import Prometheus

extension HubMetrics {
  /// Every number that the hub exports, in the order in which they are shown.
  public static let all: [Description] = [
    .commitsSynced, .syncFailures, .syncAge, .render, .appsRendered, .amendmentsFailed, .rollouts, .clusters,
    .bundlesPublished, .sign,
    .sessions, .connections, .blobsServed, .blobBytesServed, .blobsCollected, .rolloutsForgotten,
    .blobBytesCollected, .reports, .enrolments, .refusalsCounted,
    .calls, .storeTransaction,
  ]
}

extension HubMetrics.Description {
  /// From a tenth of a millisecond, what a signature takes, to some seconds.
  private static let shortTimes = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
  ]
  /// From what a commit without news takes to the first render of a large repository.
  private static let longTimes = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  static let commitsSynced = Self("flotilla_commits_synced_total", .counter, "Commits that came into force.")
  static let syncFailures = Self(
    "flotilla_sync_failures_total", .counter, "Looks at the fleet repository that failed.")
  static let syncAge = Self(
    "flotilla_sync_age_seconds", .gauge, "Time since the fleet repository's server answered last.")
  static let render = Self("flotilla_render_seconds", .histogram(longTimes), "Time to render every app of a commit.")
  static let appsRendered = Self(
    "flotilla_apps_rendered_total", .counter, labels: ["outcome"],
    "Apps that a commit was rendered for: anew, from the cache alone, or in vain.")
  static let amendmentsFailed = Self(
    "flotilla_amendments_failed_total", .counter, "Tries to render an app for a cluster that joined that failed.")
  static let rollouts = Self(
    "flotilla_rollouts", .gauge, labels: ["state"], "Apps by the state of their last rollout.")
  static let clusters = Self(
    "flotilla_clusters", .gauge, labels: ["presence"], "Clusters by whether they can be heard.")
  static let bundlesPublished = Self(
    "flotilla_bundles_published_total", .counter, "Bundles that were signed and published.")
  static let sign = Self(
    "flotilla_bundle_sign_seconds", .histogram(shortTimes), "Time to sign one bundle with its metadata.")
  static let sessions = Self("flotilla_agent_sessions", .gauge, "Agents' sessions that are open.")
  static let connections = Self("flotilla_connections", .gauge, "Connections on the gRPC port.")
  static let blobsServed = Self("flotilla_blobs_served_total", .counter, "Blobs that agents fetched to the end.")
  static let blobBytesServed = Self(
    "flotilla_blob_bytes_served_total", .counter, "Bytes of blobs that were read for agents.")
  static let blobsCollected = Self(
    "flotilla_blobs_collected_total", .counter, "Blobs that were removed because nothing named them any longer.")
  static let blobBytesCollected = Self(
    "flotilla_blob_bytes_collected_total", .counter, "Bytes of those blobs.")
  static let rolloutsForgotten = Self(
    "flotilla_rollouts_forgotten_total", .counter,
    "Rollouts that were forgotten with their log because they ended long ago.")
  static let reports = Self(
    "flotilla_reports_total", .counter, labels: ["outcome"], "Reports of agents: recorded, repeated or refused.")
  static let enrolments = Self(
    "flotilla_enrolments_total", .counter, labels: ["outcome"],
    "Requests to be let in: accepted, waiting for an approval, or refused.")
  static let refusalsCounted = Self(
    "flotilla_refusals_counted_total", .counter,
    "Refusals that were counted in the audit log and not recorded one by one.")
  static let calls = Self(
    "flotilla_grpc_calls_total", .counter, labels: ["method", "status"], "Calls on the gRPC port that are over.")
  static let storeTransaction = Self(
    "flotilla_store_transaction_seconds", .histogram(shortTimes),
    "Time of one transaction of the store, with its fsync.")
}
