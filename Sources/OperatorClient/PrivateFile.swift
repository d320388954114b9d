import Glibc
import Manifests

/// Files that only their user reads, each written whole or not at all.
enum PrivateFile {
  /// Writes a file that must not be there yet.
  static func create(_ path: String, _ bytes: [UInt8]) throws(FleetError) {
    try write(path, bytes) { temporary in
      // link, unlike rename, fails where a file is already.
      defer { unlink(temporary) }
      return link(temporary, path) == 0
    }
  }

  /// Writes a file, in the place of the one that is there.
  static func replace(_ path: String, _ bytes: [UInt8]) throws(FleetError) {
    try write(path, bytes) { temporary in rename(temporary, path) == 0 }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a folder that only its user enters, and those above it that are missing.
  static func makeFolder(_ path: String) throws(FleetError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure("cannot be made", made) }
    }
  }

  private static func write(
    _ path: String, _ bytes: [UInt8], _ finish: (_ temporary: String) -> Bool
  ) throws(FleetError) {
    let temporary = "\(path).new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be created", path) }
    let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, finish(temporary) else {
      let error = failure("cannot be written", path)
      unlink(temporary)
      throw error
    }
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
    let cause = String(cString: strerror(errno))
    return FleetError(.operatorFiles, what, at: .init(file: path), cause: cause)
  }
}

extension FleetError.Code {
  /// An operator's own file that cannot be written.
  static let operatorFiles = FleetError.Code("operator-files")
}
