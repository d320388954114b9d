public import Digests
public import Manifests

/// Everything that a build looked at in a tree, and what it found there.
///
/// A build is a pure function of what it read: on a tree on which its trace still holds it has the same result.
public struct BuildTrace: Hashable, Sendable {
  /// What a build found at a path.
  public struct Observation: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// Nothing.
      case absent
      /// A directory, whatever is in it.
      case directory
      /// A file with this content.
      case file(ContentID)
      /// A symbolic link with this target.
      case link(ContentID)
      case submodule
    }

    public var kind: Kind
    /// The digest of the names and kinds in a directory, when the build listed it.
    public var listing: Digest?

    public init(_ kind: Kind, listing: Digest? = nil) {
      self.kind = kind
      self.listing = listing
    }
  }

  public private(set) var observations: [TreePath: Observation]

  public init(_ observations: [TreePath: Observation] = [:]) { self.observations = observations }

  /// Notes what was found at a path.
  public mutating func record(_ observation: Observation, at path: TreePath) {
    guard let known = observations[path] else { return observations[path] = observation }
    if known.listing == nil, observation.listing != nil { observations[path] = observation }
  }

  /// Adds what another build looked at.
  public mutating func formUnion(_ other: BuildTrace) {
    if observations.isEmpty { return observations = other.observations }
    for (path, observation) in other.observations { record(observation, at: path) }
  }
}

extension BuildTrace {
  /// Whether a build would find the same on this tree: one look-up for each path it looked at.
  public func holds(on tree: some ManifestTree) throws(FleetError) -> Bool {
    for (path, observation) in observations {
      guard try Observation.Kind(of: path, on: tree) == observation.kind else { return false }
      if let listing = observation.listing, try BuildTrace.digest(of: tree.list(path)) != listing { return false }
    }
    return true
  }

  static func digest(of entries: [TreeEntry]) -> Digest {
    var builder = DigestBuilder()
    for entry in entries {
      builder.update(Array(entry.name.utf8))
      builder.update([0, entry.kind.code])
    }
    return builder.finish()
  }
}

extension BuildTrace.Observation.Kind {
  init(of path: TreePath, on tree: some ManifestTree) throws(FleetError) {
    guard let entry = try tree.entry(at: path) else {
      self = .absent
      return
    }
    self.init(entry)
  }

  init(_ entry: TreeEntry) {
    switch entry.kind {
    case .file: self = .file(entry.contentID)
    case .directory: self = .directory
    case .symbolicLink: self = .link(entry.contentID)
    case .submodule: self = .submodule
    }
  }
}

extension TreeEntry.Kind {
  /// One byte for each kind of entry.
  fileprivate var code: UInt8 {
    switch self {
    case .file: UInt8(ascii: "f")
    case .directory: UInt8(ascii: "d")
    case .symbolicLink: UInt8(ascii: "l")
    case .submodule: UInt8(ascii: "s")
    }
  }
}
