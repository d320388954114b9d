public import Manifests

/// What a look at the repository brought.
///
/// Whatever the outcome, `inForce` is the commit to work with: an error never takes the last good one away.
public struct SourceUpdate: Sendable {
  public enum Outcome: Sendable {
    /// The reference names another commit than before, or a first one.
    case advanced(Advance)
    case unchanged
    case failed(FleetError)
  }

  /// How the reference moved.
  public struct Advance: Sendable {
    public let commit: GitCommit
    /// Where the reference was; nil when this is the first commit ever seen.
    public let previous: CommitID?
    /// Whether the history was rewritten: `previous` is no ancestor of `commit`.
    public let rewritten: Bool
  }

  public let outcome: Outcome
  /// The commit in force after this; nil as long as there has been none.
  public let inForce: CommitID?

  /// Why this look failed; nil when it did not.
  public var error: FleetError? {
    if case .failed(let error) = outcome { error } else { nil }
  }
}
