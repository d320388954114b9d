internal import Glibc
internal import Manifests

/// Directories and files by the system's calls, with errors that name the path.
enum Folder {
  /// Makes a directory that only its owner may enter, with the directories above it; an existing one is fine.
  static func create(_ path: String) throws(FleetError) {
    guard mkdir(path, 0o700) != 0 else { return }
    switch errno {
    case EEXIST:
      var information = stat()
      guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
        throw failure("this is no directory", path, ENOTDIR)
      }
    case ENOENT:
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { fallthrough }
      try create(String(path[..<slash]))
      try create(path)
    default: throw failure("cannot make this directory", path, errno)
    }
  }

  /// Whether there is anything at this path.
  static func holds(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a directory's entries, or what a file holds, durable.
  static func sync(_ path: String) throws(FleetError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open this", path, errno) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot make this durable", path, errno) }
  }

  /// The names in a directory, in no order.
  static func names(_ path: String) throws(FleetError) -> [String] {
    guard let directory = opendir(path) else { throw failure("cannot list this directory", path, errno) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Gives a directory its name, durably.
  static func move(_ path: String, to target: String) throws(FleetError) {
    guard rename(path, target) == 0 else { throw failure("cannot be put in place", target, errno) }
    guard let slash = target.lastIndex(of: "/"), slash != target.startIndex else { return }
    try sync(String(target[..<slash]))
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) throws(FleetError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot remove this file", path, errno) }
  }

  /// Removes every file in a directory.
  static func clear(_ path: String) throws(FleetError) {
    for name in try names(path) {
      guard unlink(path + "/" + name) == 0 else {
        throw failure("cannot remove this file", path + "/" + name, errno)
      }
    }
  }

  /// The error of a system call that set `number`.
  static func failure(_ message: String, _ path: String, _ number: Int32) -> FleetError {
    let code: FleetError.Code = number == ENOSPC || number == EDQUOT ? .storeFull : .storeUnavailable
    let cause = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    return FleetError(code, message, at: FleetError.Address(file: path), cause: cause)
  }
}
