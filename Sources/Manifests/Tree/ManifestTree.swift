/// A tree of files to render from: the files at a commit, or those of a folder on disk.
///
/// Everything above reads sources through this seam. A conformer answers the same for as long as it lives, may be
/// asked from several tasks at once, and never follows symbolic links itself (`resolve` does, with the repository's
/// rules). Failures are `FleetError`s with the path as their file.
public protocol ManifestTree: Sendable {
  /// What a person calls this tree: `commit 1f3a…`, or the folder's path.
  var label: String { get }

  /// Whether the `contentID` of a directory names everything below it, as Git's trees do: directories with the same one
  /// are the same then, whatever tree they are in.
  var namesDirectoryContent: Bool { get }

  /// The entry at a path, or nil when there is none. The root is a directory.
  func entry(at path: TreePath) throws(FleetError) -> TreeEntry?

  /// The entries of a directory, in the order of their names' bytes; throws when the path is no directory.
  func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry]

  /// The bytes of a file, or of a symbolic link's target; throws when it is neither or is over `TreeLimits.fileBytes`.
  func read(_ file: TreePath) throws(FleetError) -> [UInt8]
}

extension ManifestTree {
  public var namesDirectoryContent: Bool { false }
}

/// One entry of a directory.
public struct TreeEntry: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case file
    case directory
    case symbolicLink
    /// A Git submodule: a commit of another repository, which is not read.
    case submodule
  }

  public var name: String
  public var kind: Kind
  /// Names the content: equal identifiers mean equal content. Git's object id where there is one.
  public var contentID: ContentID

  public init(name: String, kind: Kind, contentID: ContentID) {
    self.name = name
    self.kind = kind
    self.contentID = contentID
  }
}

/// A name for content, compared by its bytes.
///
/// For Git this is the 20-byte object id; for a folder on disk the SHA-256 of what was read.
public struct ContentID: Hashable, Sendable {
  public let bytes: [UInt8]
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// Bounds on what a tree may make the process hold.
public enum TreeLimits {
  /// One file. Kubernetes refuses objects over 3 MiB; generators may read larger files, but none near this.
  public static let fileBytes = 16 << 20
  /// Symbolic links followed for one path, as Linux's own limit.
  public static let linkHops = 40
}
