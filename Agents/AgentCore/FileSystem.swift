public import Manifests

/// The file operations that the agent's safety rests on, one system call each, so that a test can fail any of them.
///
/// Paths are absolute. Failures are `FleetError`s with the path as their file and the system's words as their cause.
public protocol FileSystem: Sendable {
  /// The whole content, or nil when there is no such file. Refuses symbolic links and files over `limit` bytes.
  func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8]?
  /// Creates a file that must not exist yet and writes all of its content. What was begun may be left behind.
  func create(_ path: String, _ content: [UInt8], mode: UInt32) throws(FleetError)
  /// Brings a file's content to stable storage.
  func sync(_ path: String) throws(FleetError)
  /// Brings a directory's entries to stable storage.
  func syncDirectory(_ path: String) throws(FleetError)
  /// Puts one name in the place of another, atomically.
  func rename(_ from: String, to: String) throws(FleetError)
  /// Removes a file; one that is gone already is fine.
  func remove(_ path: String) throws(FleetError)
  /// Removes an empty directory; one that is gone or not empty is left alone.
  func removeDirectory(_ path: String) throws(FleetError)
  /// Makes a directory and those above it that are missing.
  func makeDirectory(_ path: String, mode: UInt32) throws(FleetError)
  /// The names in a directory in the order of their bytes, without `.` and `..`; none when there is no such directory.
  func list(_ path: String) throws(FleetError) -> [String]
  /// Who may do what, as chmod(2) writes it; nil for a symbolic link and where there is nothing.
  func mode(of path: String) throws(FleetError) -> UInt32?
  /// Changes who may do what.
  func setMode(of path: String, to mode: UInt32) throws(FleetError)
}

extension FileSystem {
  /// The prefix of unfinished files. They begin with a dot, so nothing that watches a folder reads them.
  public static var temporaryPrefix: String { ".flotilla-tmp-" }

  /// Puts this content under this name: afterwards the name has the old content or the new, whatever happens between.
  ///
  /// The new content is on stable storage when this returns; the name is once its directory was synced.
  public func replace(_ path: String, with content: [UInt8], mode: UInt32) throws(FleetError) {
    let (directory, name) = path.splitAtLastSlash
    let temporary = "\(directory)/\(Self.temporaryPrefix)\(name)"
    try remove(temporary)
    do {
      try create(temporary, content, mode: mode)
      try sync(temporary)
      try rename(temporary, to: path)
    } catch {
      try? remove(temporary)
      throw error
    }
  }

  /// Removes what a killed process left unfinished in this directory.
  public func removeTemporaries(in directory: String) throws(FleetError) {
    for name in try list(directory) where name.hasPrefix(Self.temporaryPrefix) { try remove("\(directory)/\(name)") }
  }
}

extension String {
  var splitAtLastSlash: (directory: String, name: String) {
    guard let slash = lastIndex(of: "/") else { return (".", self) }
    return (String(self[..<slash]), String(self[index(after: slash)...]))
  }
}
