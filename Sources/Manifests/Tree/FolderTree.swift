internal import Digests
internal import Glibc

/// The files of a folder on this machine's disk.
///
/// Nothing outside the folder is read: no component of a path may be a symbolic link. Content that changes while it is
/// being read is the caller's risk; a commit's tree has none.
public struct FolderTree: ManifestTree {
  private let root: String

  /// The tree of the folder at a path, absolute or relative to where the process runs.
  public init(_ path: String) { root = path }

  public var label: String { root }

  public func entry(at path: TreePath) throws(FleetError) -> TreeEntry? {
    var status = stat()
    guard lstat(absolute(path), &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("cannot be looked at", path)
    }
    try refuseLinks(above: path)
    return try entry(path, status)
  }

  public func list(_ directory: TreePath) throws(FleetError) -> [TreeEntry] {
    try refuseLinks(above: directory)
    guard let stream = opendir(absolute(directory)) else { throw failure("cannot be listed", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while let next = readdir(stream) {
      names.append(try name(of: next, in: directory))
    }
    var entries: [TreeEntry] = []
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      guard let path = directory.appending(name), let entry = try entry(at: path) else { continue }
      entries.append(entry)
    }
    return entries
  }

  public func read(_ file: TreePath) throws(FleetError) -> [UInt8] {
    var status = stat()
    guard lstat(absolute(file), &status) == 0 else { throw failure("cannot be read", file) }
    try refuseLinks(above: file)
    if status.st_mode & S_IFMT == S_IFLNK { return try target(of: file) }
    return try content(of: file)
  }

  private func entry(_ path: TreePath, _ status: stat) throws(FleetError) -> TreeEntry? {
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      return TreeEntry(
        name: path.name, kind: .file, contentID: ContentID(bytes: Digest(of: try content(of: path)).bytes))
    case S_IFLNK:
      return TreeEntry(
        name: path.name, kind: .symbolicLink, contentID: ContentID(bytes: Digest(of: try target(of: path)).bytes))
    case S_IFDIR:
      // A folder has no name for its content but its path; what is in it is named entry by entry.
      return TreeEntry(name: path.name, kind: .directory, contentID: ContentID(bytes: Array(path.description.utf8)))
    default:
      return nil  // sockets, pipes and devices are not part of a tree
    }
  }

  private func content(of path: TreePath) throws(FleetError) -> [UInt8] {
    let descriptor = open(absolute(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("cannot be read", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FleetError(.unreadableFile, "is no file", at: .init(file: path.description))
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(max(Int(status.st_size) + 1, 4096), TreeLimits.fileBytes + 1))
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot be read", path) }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= TreeLimits.fileBytes else {
        throw FleetError(
          .limitExceeded, "more than \(TreeLimits.fileBytes) bytes", at: .init(file: path.description))
      }
    }
  }

  private func target(of path: TreePath) throws(FleetError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        $0.baseAddress.map { start in readlink(absolute(path), start, Int(PATH_MAX)) } ?? -1
      }
    }
    guard count >= 0 else { throw failure("cannot be read", path) }
    return Array(buffer.prefix(count))
  }

  /// The system would follow a link in the middle of a path, out of the folder if it leads there.
  private func refuseLinks(above path: TreePath) throws(FleetError) {
    var next = path.parent
    while let directory = next, !directory.isRoot {
      var status = stat()
      guard lstat(absolute(directory), &status) == 0 else { throw failure("cannot be looked at", directory) }
      guard status.st_mode & S_IFMT != S_IFLNK else {
        throw FleetError(.unreadableFile, "is a symbolic link on the way", at: .init(file: directory.description))
      }
      next = directory.parent
    }
  }

  private func name(
    of entry: UnsafeMutablePointer<dirent>, in directory: TreePath
  ) throws(FleetError) -> String {
    // d_name is a C array inside the entry, which lives until the next readdir; readdir ends it with a NUL.
    let bytes = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: UInt8.self, capacity: 256) {
        Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
      }
    }
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw FleetError(.unreadableFile, "has a name that is not UTF-8", at: .init(file: directory.description))
    }
    return name
  }

  private func absolute(_ path: TreePath) -> String { path.isRoot ? root : "\(root)/\(path)" }

  private func failure(_ what: String, _ path: TreePath) -> FleetError {
    FleetError(.unreadableFile, what, at: .init(file: path.description), cause: String(cString: strerror(errno)))
  }
}

extension FleetError.Code {
  /// A file or folder that cannot be read as part of a tree.
  public static let unreadableFile = FleetError.Code("unreadable-file")
}
