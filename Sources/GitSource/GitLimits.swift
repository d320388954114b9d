/// Bounds on what a repository may make the process hold or do.
public enum GitLimits {
  /// What one fetch may bring over the network. Large monorepos of configuration are a few hundred MiB with all history.
  public static let fetchBytes: UInt64 = 4 << 30
  /// Objects in one fetch; a year of a busy monorepo has about a million.
  public static let fetchObjects = 8_000_000
  /// What one object of a fetch may expand to. Manifests are read up to `TreeLimits.fileBytes`; the rest of a monorepo
  /// may be larger, but a delta that claims gigabytes is an attack on memory.
  public static let objectBytes = 512 << 20
  /// Directories below each other. Each takes a frame of the stack; real repositories stay below 30.
  static let treeDepth = 256
  /// Files that one walk or one comparison may name. Shared subtrees can make billions of paths out of a few bytes.
  static let treeEntries = 2_000_000
  /// Entries of directory listings that stay cached for one repository, at about 150 bytes each.
  static let cachedEntries = 100_000
  /// What libgit2 may keep of parsed objects, for the process.
  static let objectCacheBytes = 64 << 20
  /// Pack files of a mirror. Each fetch adds one, each lookup may ask all; beyond this the small ones become one.
  static let packs = 32
  /// Commits kept that a force-push took off the branch, so that what a rollout still runs stays readable.
  static let rewrittenTips = 64
  /// What is shown of a message of the server's or libgit2's.
  static let messageBytes = 400
  /// References named in an error that says which there are.
  static let namedReferences = 8
  /// One raw commit; Git's own are under a kilobyte, signatures and long messages make some larger.
  static let commitBytes = 1 << 20
  /// A file with a token.
  static let tokenBytes = 64 << 10
}
