import Glibc
public import Manifests

extension FleetError.Code {
  public static let fileSystem = FleetError.Code("file-system")
}

/// The host's file system.
public struct HostFileSystem: FileSystem {
  public init() {}

  public func read(_ path: String, limit: Int) throws(FleetError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("cannot be opened", path)
    }
    defer { close(descriptor) }
    var content: [UInt8] = []
    let chunk = 64 << 10
    while true {
      var count = 0
      content.reserveCapacity(content.count + chunk)
      let piece = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, initialized in
        repeat { count = Glibc.read(descriptor, buffer.baseAddress, chunk) } while count < 0 && errno == EINTR
        initialized = max(0, count)
      }
      guard count >= 0 else { throw failure("cannot be read", path) }
      if count == 0 { return content }
      content += piece
      guard content.count <= limit else {
        throw FleetError(.fileSystem, "is larger than \(limit) bytes", at: .init(file: path))
      }
    }
  }

  public func create(_ path: String, _ content: [UInt8], mode: UInt32) throws(FleetError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("cannot be created", path) }
    var written = 0
    while written < content.count {
      let count = content.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress?.advanced(by: written), content.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("cannot be written", path)
        close(descriptor)
        throw error
      }
      written += count
    }
    guard close(descriptor) == 0 else { throw failure("cannot be written", path) }
  }

  public func sync(_ path: String) throws(FleetError) { try sync(path, O_RDONLY) }

  public func syncDirectory(_ path: String) throws(FleetError) { try sync(path, O_RDONLY | O_DIRECTORY) }

  public func rename(_ from: String, to: String) throws(FleetError) {
    guard Glibc.rename(from, to) == 0 else { throw failure("cannot be put in place", to) }
  }

  public func remove(_ path: String) throws(FleetError) {
    guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else { throw failure("cannot be removed", path) }
  }

  public func removeDirectory(_ path: String) throws(FleetError) {
    guard rmdir(path) == 0 || [ENOENT, ENOTEMPTY, EEXIST].contains(errno) else {
      throw failure("cannot be removed", path)
    }
  }

  public func makeDirectory(_ path: String, mode: UInt32) throws(FleetError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path != "/" else { throw failure("cannot be made", path) }
    try makeDirectory(path.splitAtLastSlash.directory, mode: mode)
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("cannot be made", path) }
  }

  public func list(_ path: String) throws(FleetError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw failure("cannot be listed", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // d_name is a C array inside the entry; readdir ends it with a NUL.
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw failure("cannot be listed", path) }
    return names.sorted { $0.precedesInBytes($1) }
  }

  public func mode(of path: String) throws(FleetError) -> UInt32? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("cannot be looked at", path)
    }
    return status.st_mode & S_IFMT == S_IFLNK ? nil : status.st_mode & 0o7777
  }

  public func setMode(of path: String, to mode: UInt32) throws(FleetError) {
    guard chmod(path, mode) == 0 else { throw failure("cannot be made private", path) }
  }

  private func sync(_ path: String, _ flags: Int32) throws(FleetError) {
    let descriptor = open(path, flags | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot be brought to disk", path) }
  }

  private func failure(_ what: String, _ path: String) -> FleetError {
    FleetError(.fileSystem, what, at: .init(file: path), cause: String(cString: strerror(errno)))
  }
}
