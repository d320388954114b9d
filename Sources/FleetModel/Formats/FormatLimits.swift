import Manifests

/// Bounds on what the project's formats hold. Readers refuse what is beyond them; whoever writes stays within them.
public enum FormatLimits {
  /// A bundle: some 600 bytes an app, and room for confirmations.
  public static let bundleBytes = 8 << 20
  /// A report: what one message of the wire holds, less its envelope.
  public static let reportBytes = 2 << 20
  /// A release: some 120 bytes a cluster, for 100,000 of them.
  public static let releaseBytes = 16 << 20
  /// An app's content, nearly all of it policy.
  public static let contentBytes = 1 << 20
  /// A record of the audit log: its six texts, each byte as an escape of six.
  public static let auditRecordBytes = 256 << 10

  /// Apps of one cluster: far beyond the hundreds that the largest fleets have.
  public static let apps = 10_000
  /// Confirmations of one app: all its objects.
  public static let confirmations = ManifestSet.Limits.objects
  /// Apps that one app depends on: more than that is a list of everything.
  public static let dependencies = 256
  /// Rules of a policy, of each kind: the largest catalogues of health checks have some hundred.
  public static let policyRules = 1_000
  /// Fields that one rule names.
  public static let pointers = 1_000
  /// Objects of one app that a report lists; the counts tell of the others.
  public static let notHealthy = 1_000
  /// Events of one report: ten times what an agent keeps waiting.
  public static let events = 10_000

  /// A name that people gave: Git's names of committers have no bound of their own.
  public static let committerBytes = 1_024
  /// An id that the hub or an agent made, a version, the name of a target or server.
  public static let tokenBytes = 256
  /// An object id: group and name 253 each, kind and namespace 63 each, slashes.
  public static let objectIDBytes = 1_024
  /// Any text of an audit record. What is longer is cut when the record is made.
  public static let auditTextBytes = 4_096
  /// A reason: the longest message of an API server that a person still reads. What is longer is cut when written.
  public static let reasonBytes = 4_096
  /// An expression or JSON pointer of a policy.
  public static let expressionBytes = 4_096
}
