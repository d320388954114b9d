public import FleetModel
public import Manifests

/// A cluster going over to an app content because of a commit, whatever it had of the app before.
///
/// The commit belongs to it: the content may have been there before, and a cluster that goes back to it because an offer
/// was withdrawn loses nothing that anybody confirmed for a later commit.
public struct Takeover: Hashable, Sendable {
  public var cluster: ClusterUID
  public var digest: AppDigest
  public var commit: String

  public init(cluster: ClusterUID, digest: AppDigest, commit: String) {
    self.cluster = cluster
    self.digest = digest
    self.commit = commit
  }
}

/// What releases take away that a person has to let go first.
public protocol DeletionStore: Sendable {
  /// Remembers, in the place of what was remembered before, which objects each of these clusters loses; an empty list
  /// is forgotten.
  func saveGuardedDeletions(_ deletions: [Takeover: [GuardedDeletion]]) async throws(FleetError)

  /// What was remembered, of those that lose anything guarded.
  func guardedDeletions(of takeovers: [Takeover]) async throws(FleetError) -> [Takeover: [GuardedDeletion]]
}
