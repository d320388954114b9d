public import Digests

/// What the agent acts on beside an app's objects; part of the app digest, so a change of it rolls out like any other.
public struct AppPolicy: Hashable, Sendable {
  public enum Conflicts: String, Hashable, Sendable, CaseIterable { case take, report }

  /// One field of one kind of object that is neither compared nor reset.
  public struct IgnoredDifference: Hashable, Sendable {
    public var group: String
    public var kind: String
    /// RFC 6901.
    public var jsonPointers: [String]
    public init(group: String, kind: String, jsonPointers: [String]) {
      self.group = group
      self.kind = kind
      self.jsonPointers = jsonPointers
    }
  }

  /// How the health of one kind of object is read; expressions in the documented subset of CEL, empty when not given.
  public struct HealthRule: Hashable, Sendable {
    public var group: String
    public var kind: String
    public var inProgress: String
    public var failed: String
    public var healthy: String
    public init(group: String, kind: String, inProgress: String, failed: String, healthy: String) {
      self.group = group
      self.kind = kind
      self.inProgress = inProgress
      self.failed = failed
      self.healthy = healthy
    }
  }

  public var prune: Bool
  public var selfHeal: Bool
  public var conflicts: Conflicts
  public var ignore: [IgnoredDifference]
  public var dependsOn: [String]
  public var health: [HealthRule]

  public init(
    prune: Bool = true, selfHeal: Bool = true, conflicts: Conflicts = .take, ignore: [IgnoredDifference] = [],
    dependsOn: [String] = [], health: [HealthRule] = []
  ) {
    self.prune = prune
    self.selfHeal = selfHeal
    self.conflicts = conflicts
    self.ignore = ignore
    self.dependsOn = dependsOn
    self.health = health
  }
}

/// What becomes of an app's objects when the app leaves a cluster.
public enum Absence: String, Hashable, Sendable, CaseIterable {
  /// They are deleted.
  case prune
  /// They stay, and nobody manages them any longer.
  case orphan
}

/// What one app is on one cluster, whole: what an `AppDigest` is the digest of.
public enum AppContent: Hashable, Sendable {
  /// The app is there: the manifest set of this digest, this policy.
  case present(app: String, manifests: Digest, policy: AppPolicy)
  /// The app is not there.
  case absent(app: String, Absence)

  public var app: String {
    switch self {
    case .present(let app, _, _), .absent(let app, _): app
    }
  }
}

/// Immutable bytes, named by their digest.
public struct BlobReference: Hashable, Sendable {
  public var sha256: Digest
  /// In bytes, uncompressed.
  public var length: Int
  public init(sha256: Digest, length: Int) {
    self.sha256 = sha256
    self.length = length
  }
}
