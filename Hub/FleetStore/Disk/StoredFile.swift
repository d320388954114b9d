internal import Glibc
internal import Manifests

/// An open file of the store.
struct StoredFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Opens a file for reading; nil when there is none.
  init?(reading path: String) throws(FleetError) {
    descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw Folder.failure("cannot open this file", path, errno)
    }
  }

  /// Makes a new file that only its owner may read, in the place of an old one.
  init(writing path: String) throws(FleetError) {
    descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    self.path = path
    guard descriptor >= 0 else { throw Folder.failure("cannot make this file", path, errno) }
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// The length in bytes.
  func length() throws(FleetError) -> Int {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw failure("cannot look at this file") }
    return Int(information.st_size)
  }

  /// At most `count` bytes from `offset`, fewer where the file ends.
  func read(from offset: Int, count: Int) throws(FleetError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        // The pointer stays inside the buffer: `filled` is below `count`, its capacity.
        let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if got > 0 { filled += got } else if got == 0 { break } else if errno != EINTR { failed = true; break }
      }
    }
    guard !failed else { throw failure("cannot read this file") }
    return bytes
  }

  /// Writes all of these bytes from the start and makes them durable.
  func write(_ bytes: [UInt8]) throws(FleetError) {
    try write(bytes, at: 0)
    try sync()
  }

  /// Makes what was written durable.
  func sync() throws(FleetError) {
    guard fsync(descriptor) == 0 else { throw failure("cannot make this file durable") }
  }

  /// Writes all of these bytes at a place, without making them durable.
  func write(_ bytes: [UInt8], at offset: Int) throws(FleetError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written, off_t(offset + written))
      }
      if count > 0 { written += count } else if errno != EINTR { throw failure("cannot write this file") }
    }
  }

  private func failure(_ message: String) -> FleetError { Folder.failure(message, path, errno) }
}
