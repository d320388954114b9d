public import Manifests

/// A commit as its author wrote it. Nothing here is verified: anybody can write any name into a commit.
public struct GitCommit: Sendable, Hashable {
  public let id: CommitID
  /// The root tree: two commits with equal ones have the same files.
  public let tree: ContentID
  /// In the commit's own order; the first is what it was made on.
  public let parents: [CommitID]
  public let author: Person
  public let committer: Person
  /// The first line of the message.
  public let summary: String
  /// The whole message. Bytes that are not UTF-8 show as U+FFFD here and below; `raw` has them as they are.
  public let message: String
  /// The commit object, byte for byte: its SHA-1 with Git's header is `id`.
  public let raw: [UInt8]
  /// The signature in the commit's header, if there is one.
  public let signature: Signature?

  public struct Person: Sendable, Hashable {
    public let name: String
    public let email: String
    /// Seconds since 1970-01-01T00:00:00Z, by the clock of whoever made the commit.
    public let seconds: Int64
    /// Minutes east of UTC.
    public let zone: Int
  }

  /// A signature that nobody has checked yet.
  public struct Signature: Sendable, Hashable {
    /// The armored signature (OpenPGP, SSH or X.509), byte for byte.
    public let armored: [UInt8]
    /// The bytes that it signs: the commit without its signature.
    public let payload: [UInt8]

    public init(armored: [UInt8], payload: [UInt8]) {
      self.armored = armored
      self.payload = payload
    }
  }
}
