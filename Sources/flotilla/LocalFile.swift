import Glibc
import Manifests

/// Files of the machine that the command runs on.
enum LocalFile {
  /// PEM files hold a few certificates.
  static let pemBytes = 256 << 10

  static func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure("cannot be opened", path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw FleetError(.localFile, "is larger than \(limit) bytes", at: .init(file: path))
      }
    }
    guard ferror(file) == 0 else { throw failure("cannot be read", path) }
    return bytes
  }

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
