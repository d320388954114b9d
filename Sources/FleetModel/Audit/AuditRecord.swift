public import Digests

/// One line of the audit log: who did what to what, when, and how it ended. Each names the hash of the one before, so
/// that none can be changed, taken out or put in without every later one showing it.
///
/// A record is made by `init(after:…)` or read from its canonical form; either way its hash is the one of its content.
public struct AuditRecord: Hashable, Sendable {
  /// What was done, before it has its place in the log.
  public struct Content: Hashable, Sendable {
    public var time: Timestamp
    /// Who: an operator's or a cluster's identity, or `hub`.
    public var actor: String
    /// What was done, such as `cluster.revoke`.
    public var action: String
    /// To what.
    public var subject: String
    /// Git's commit id; empty when none is concerned.
    public var commit: String
    /// The digest of the release, app or key concerned; nil when none is.
    public var digest: Digest?
    /// `done`, `refused` or `failed`. A text, for a log outlives the versions that write it.
    public var outcome: String
    public var reason: String

    public init(
      time: Timestamp, actor: String, action: String, subject: String, commit: String = "", digest: Digest? = nil,
      outcome: String, reason: String = ""
    ) {
      self.time = time
      self.actor = actor
      self.action = action
      self.subject = subject
      self.commit = commit
      self.digest = digest
      self.outcome = outcome
      self.reason = reason
    }
  }

  /// The record's place, counted from 1 without a gap.
  public let n: Int64
  /// As it was given, with texts that are too long cut.
  public let content: Content
  /// The hash of the record before; nil for the first.
  public let prevHash: Digest?
  /// The SHA-256 of the canonical form of everything else.
  public let hash: Digest

  /// The record that follows `previous`, or the first one of a log.
  public init(after previous: AuditRecord?, _ content: Content) {
    self.init(n: (previous?.n ?? 0) &+ 1, content, prevHash: previous?.hash)
  }

  /// The record at a place whose predecessor is known by its hash alone.
  public init(n: Int64, _ content: Content, prevHash: Digest?) {
    self.n = n
    self.content = content.cut
    self.prevHash = prevHash
    hash = AuditRecord.hash(n, self.content, prevHash)
  }
}

extension AuditRecord.Content {
  /// With every text short enough to be read back: an operator's reason comes from outside.
  fileprivate var cut: AuditRecord.Content {
    var content = self
    for text in [\.actor, \.action, \.subject, \.commit, \.outcome, \.reason]
      as [WritableKeyPath<AuditRecord.Content, String>]
    {
      content[keyPath: text] = self[keyPath: text].cut(to: FormatLimits.auditTextBytes)
    }
    return content
  }
}
