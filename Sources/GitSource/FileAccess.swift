internal import Glibc
internal import Manifests

/// The few file operations that a mirror's directory needs.
enum FileAccess {
  /// The bytes of a file of at most `limit` bytes.
  static func read(_ path: String, atMost limit: Int) throws(FleetError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be read", path, .gitSettings) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count <= limit {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw failure("cannot be read", path, .gitSettings) }
      if got == 0 { break }
      count += got
    }
    guard count <= limit else {
      throw FleetError(.gitSettings, "the file is larger than \(limit) bytes", at: .init(file: path))
    }
    return Array(bytes.prefix(count))
  }

  /// Makes a directory and those above it, for this user only.
  static func makeDirectory(_ path: String) throws(FleetError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw failure("cannot be made", path)
    }
    try makeDirectory(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot be made", path) }
  }

  /// The names in a directory, without `.` and `..`; none when there is no such directory.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Whether this is a directory itself, and no link to one.
  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The size of a file; nil when it is not there.
  static func size(of path: String) -> Int64? {
    var status = stat()
    return lstat(path, &status) == 0 ? Int64(status.st_size) : nil
  }

  /// Removes a file, or a directory with all in it; nothing happens when it is not there.
  static func remove(_ path: String) throws(FleetError) {
    guard isDirectory(path) else {
      guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", path) }
      return
    }
    for name in names(in: path) { try remove("\(path)/\(name)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", path) }
  }

  /// Renames and makes the new name durable.
  static func rename(_ old: String, to new: String, in directory: String) throws(FleetError) {
    guard Glibc.rename("\(directory)/\(old)", "\(directory)/\(new)") == 0 else {
      throw failure("cannot be renamed to \(new)", "\(directory)/\(old)")
    }
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure("cannot be made durable", directory) }
  }

  /// Says what errno says.
  static func failure(
    _ what: String, _ path: String, _ code: FleetError.Code = .gitStateDirectory
  ) -> FleetError {
    FleetError(code, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}
