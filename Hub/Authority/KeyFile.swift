import Glibc
public import Manifests

/// Files with keys: made whole, for their user only, and never replaced.
public enum KeyFile {
  /// Creates the file, durably; throws when there is one already.
  public static func write(_ path: String, _ bytes: [UInt8]) throws(FleetError) {
    let unfinished = path + ".new"
    unlink(unfinished)
    let descriptor = Glibc.open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be created", path) }
    defer {
      close(descriptor)
      unlink(unfinished)
    }
    guard writeAll(bytes, to: descriptor), fsync(descriptor) == 0 else { throw failure("cannot be written", path) }
    // link, unlike rename, fails where a file is already.
    guard link(unfinished, path) == 0 else { throw failure("cannot be created", path) }
    try syncDirectory(of: path)
  }

  static func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &part, part.count)
      guard count >= 0 || errno == EINTR else { throw failure("cannot be read", path) }
      if count == 0 { return bytes }
      if count > 0 { bytes += part.prefix(count) }
    }
    throw FleetError(.keyFile, "is too large for a key", at: .init(file: path))
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a directory, and those above it that are missing, for its user only.
  public static func makeDirectory(_ path: String) throws(FleetError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure("cannot be made", made) }
    }
  }

  /// Puts a directory in a place where there is nothing, or an empty directory; throws where anything else is.
  static func moveDirectory(_ from: String, to path: String) throws(FleetError) {
    guard rename(from, path) == 0 else { throw failure("cannot be put in place", path) }
    try syncDirectory(of: path)
  }

  /// Removes a directory of files that a killed process left unfinished.
  static func removeDirectory(_ path: String, files: [String]) throws(FleetError) {
    for file in files { unlink("\(path)/\(file)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", path) }
  }

  /// Brings the entry of a path to stable storage.
  private static func syncDirectory(of path: String) throws(FleetError) {
    let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", parent) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot be synced", parent) }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.keyFile, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// A file with a key that cannot be read or written.
  public static let keyFile = FleetError.Code("key-file")
  /// Keys would be overwritten.
  public static let keysExist = FleetError.Code("keys-exist")
}
