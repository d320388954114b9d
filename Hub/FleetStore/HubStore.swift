public import Manifests

/// Everything the hub remembers, whatever database keeps it.
///
/// The contract of every method, which one test suite checks on every backend:
/// - What returned is durable: it survives a killed process and a power cut. What threw has changed nothing.
/// - Facts that belong together move in one transaction, the trail of an act (audit records, events) with the act.
/// - Methods may be called from many tasks at once. A write that was handed over is carried out even when the caller's
///   task is cancelled meanwhile.
/// - Nothing here reads a clock or draws a random number: instants, identifiers and keys are passed in.
/// - Errors are `FleetError`s with a code of `FleetError.Code` that the method names, or one of `storeUnavailable`,
///   `storeFull`, `storeDamaged`, `storeBusy`.
public protocol HubStore: IdentityStore, ClusterStore, EnrollmentStore, CertificateStore, OperatorStore, SourceStore,
  BlobStore, ContentStore, DeletionStore, RolloutStore, PublicationStore, ReportStore,
  HistoryStore, TrailStore
{
  /// Ends all work and releases what the store holds. Writes handed over before are carried out; later calls throw.
  func close() async throws(FleetError)
}
