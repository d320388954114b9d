import Digests
import FleetModel
public import Manifests

/// The agent's own folder on disk: keys, trusted metadata, blobs, the accepted bundle, the outbox.
///
/// Every file is replaced whole, so a killed agent finds the old content or the new. Everything is for its user only.
public struct StateDirectory: Sendable {
  public let path: String
  public let files: any FileSystem

  /// Bounds on what is read back: more than the agent ever writes there.
  private static let fileBytes = 64 << 20
  private static let blobs = "blobs"
  /// Keys lie here: nobody but the agent's user reads, and nobody else puts anything in their place.
  static let folderMode: UInt32 = 0o700
  static let fileMode: UInt32 = 0o600

  public init(path: String, files: any FileSystem) {
    self.path = path
    self.files = files
  }

  /// Makes the folders that are missing, removes what a killed agent left unfinished, and takes from other users what
  /// they may do here. Only the holder of the folder's `StateLock` may call it.
  ///
  /// Returns the paths that other users could read or write until now. Throws when that cannot be ended.
  @discardableResult
  public func prepare() throws(FleetError) -> [String] {
    for folder in [path, "\(path)/\(StateDirectory.blobs)"] {
      try files.makeDirectory(folder, mode: StateDirectory.folderMode)
      try files.removeTemporaries(in: folder)
    }
    // With the dot it is the folder itself also where the path is a link to it.
    var found = try makePrivate("\(path)/.")
    for name in try files.list(path) { found += try makePrivate("\(path)/\(name)") }
    return found
  }

  private func makePrivate(_ path: String) throws(FleetError) -> [String] {
    guard let mode = try files.mode(of: path), mode & 0o077 != 0 else { return [] }
    do {
      try files.setMode(of: path, to: mode & 0o700)
    } catch {
      throw FleetError(
        .agentState, "other users may read or write the agent's state, and that cannot be ended",
        at: .init(file: path), cause: error.cause,
        nextStep: "chmod it to 700 as its owner, or name a folder of the agent's own below it as state-directory")
    }
    return [path]
  }

  public func read(_ name: String) throws(FleetError) -> [UInt8]? {
    try files.read("\(path)/\(name)", limit: StateDirectory.fileBytes)
  }

  /// Puts this content under this name, durably.
  public func write(_ name: String, _ content: [UInt8]) throws(FleetError) {
    try files.replace("\(path)/\(name)", with: content, mode: StateDirectory.fileMode)
    try files.syncDirectory(path)
  }

  public func remove(_ name: String) throws(FleetError) {
    try files.remove("\(path)/\(name)")
    try files.syncDirectory(path)
  }

  // MARK: Blobs

  /// The bytes of a blob, checked against its name; nil when there is none or when it is damaged (which removes it).
  func blob(_ digest: Digest) throws(FleetError) -> [UInt8]? {
    guard let bytes = try files.read(blobPath(digest), limit: StateDirectory.fileBytes) else { return nil }
    if Digest(of: bytes) == digest { return bytes }
    try files.remove(blobPath(digest))
    return nil
  }

  /// Stores a blob that was verified; durable once `syncBlobs` returned.
  func storeBlob(_ digest: Digest, _ bytes: [UInt8]) throws(FleetError) {
    try files.replace(blobPath(digest), with: bytes, mode: StateDirectory.fileMode)
  }

  func syncBlobs() throws(FleetError) { try files.syncDirectory("\(path)/\(StateDirectory.blobs)") }

  /// Removes every blob that is not among these.
  func keepBlobs(_ wanted: Set<Digest>) throws(FleetError) {
    for name in try files.list("\(path)/\(StateDirectory.blobs)") {
      if let digest = Digest(hex: name), wanted.contains(digest) { continue }
      try files.remove("\(path)/\(StateDirectory.blobs)/\(name)")
    }
  }

  private func blobPath(_ digest: Digest) -> String { "\(path)/\(StateDirectory.blobs)/\(digest.hex)" }
}
