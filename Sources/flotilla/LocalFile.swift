import Glibc
import Manifests

/// Files that a command writes on the machine it runs on.
enum LocalFile {
  static func write(_ path: String, _ bytes: [UInt8]) throws(FleetError) {
    guard let file = fopen(path, "wb") else { throw failure("cannot be written", path) }
    let written = bytes.isEmpty ? 0 : fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw failure("cannot be written", path) }
  }

  /// Makes a folder and those above it that are missing.
  static func makeFolder(_ path: String) throws(FleetError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o755) == 0 || errno == EEXIST else { throw failure("cannot be made", made) }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.localFile, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// A file of this machine that cannot be written.
  static let localFile = FleetError.Code("local-file")
}
