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

  /// Hands over the lines of a file, counted from 1, without what ends them. Refuses one that is longer than the limit.
  static func forEachLine(
    of path: String, limit: Int, _ body: (_ number: Int, _ line: [UInt8]) throws(FleetError) -> Void
  ) throws(FleetError) {
    guard let file = fopen(path, "rb") else { throw failure("cannot be read", path) }
    defer { fclose(file) }
    var part = [UInt8](repeating: 0, count: 64 << 10)
    var line: [UInt8] = []
    var number = 1
    while true {
      let count = fread(&part, 1, part.count, file)
      guard count > 0 else { break }
      for byte in part.prefix(count) {
        guard byte == 0x0a else {
          line.append(byte)
          guard line.count <= limit else {
            throw FleetError(.localFile, "a line of more than \(limit) bytes", at: .init(file: path, line: number))
          }
          continue
        }
        try body(number, line)
        line.removeAll(keepingCapacity: true)
        number += 1
      }
    }
    guard ferror(file) == 0 else { throw failure("cannot be read", path) }
    if !line.isEmpty { try body(number, line) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether there is a folder, or a link to one.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.localFile, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// A file of this machine that cannot be written.
  static let localFile = FleetError.Code("local-file")
}
