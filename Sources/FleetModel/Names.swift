public import Digests

/// A cluster's identity: minted by the hub, never reused, also when a cluster of the same name is declared again.
///
/// 1 to 64 of `a`–`z`, `0`–`9` and `-`, so that it can stand in paths, URLs and certificates as it is.
public struct ClusterUID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: String

  public init?(_ text: String) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    else { return nil }
    rawValue = text
  }

  public var description: String { rawValue }
  public static func < (left: ClusterUID, right: ClusterUID) -> Bool { left.rawValue < right.rawValue }
}

/// What one app is on one cluster: the digest of its manifests and policy together, or of its absence.
public struct AppDigest: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let digest: Digest
  public init(_ digest: Digest) { self.digest = digest }
  public var description: String { digest.hex }
  public static func < (left: AppDigest, right: AppDigest) -> Bool { left.digest < right.digest }
}

/// Which release: the digest of its canonical JSON. Approvals name it.
public struct ReleaseDigest: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let digest: Digest
  public init(_ digest: Digest) { self.digest = digest }
  public var description: String { digest.hex }
  public static func < (left: ReleaseDigest, right: ReleaseDigest) -> Bool { left.digest < right.digest }
}
