import Glibc
import Manifests
import Rendering

/// A folder on disk with all that one run of helm needs.
struct ChartWorkspace {
  let path: String
  /// The files of values, in their order.
  private(set) var values: [String] = []
  private let directory: TreePath

  var chart: String { "\(path)/chart" }
  /// An empty home.
  var home: String { "\(path)/home" }

  /// Writes a request out. What is half written is removed.
  init(_ request: ChartRequest, in parent: String) throws(FleetError) {
    directory = request.directory
    path = try ChartWorkspace.makeFolder(in: parent)
    do {
      try write(request)
    } catch {
      remove()
      throw error
    }
  }

  private mutating func write(_ request: ChartRequest) throws(FleetError) {
    var made: Set<TreePath> = []
    for folder in [chart, home] { try ChartWorkspace.make(folder) }
    for file in request.files {
      try makeParents(of: file.path, &made)
      try ChartWorkspace.write(file.bytes, to: "\(chart)/\(file.path)")
    }
    for (index, document) in request.values.enumerated() {
      values.append("\(path)/values-\(index).yaml")
      try ChartWorkspace.write(document, to: "\(path)/values-\(index).yaml")
    }
  }

  private func makeParents(of file: TreePath, _ made: inout Set<TreePath>) throws(FleetError) {
    var folder = TreePath.root
    for name in file.components.dropLast() {
      guard let next = folder.appending(name) else { continue }
      folder = next
      if made.insert(folder).inserted { try ChartWorkspace.make("\(chart)/\(folder)") }
    }
  }

  /// A text in which the folder's path stands, with the chart's own place instead.
  func hidden(in text: String) -> String {
    text.replacing(chart, with: directory.description).replacing(path, with: "")
  }

  func remove() { ChartWorkspace.remove(path) }

  /// Removes a folder with all that is in it; links are removed, not followed. What cannot be removed stays.
  static func remove(_ path: String) {
    var information = stat()
    guard lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes the directory for workspaces where it is not there, and removes what runs that were killed have left in it.
  static func prepare(_ parent: String) throws(FleetError) {
    guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw failure(parent) }
    for name in names(in: parent) where name.hasPrefix(prefix) { remove("\(parent)/\(name)") }
  }

  private static let prefix = "flotilla-chart-"

  /// A path from the directory of this process, as one from the root.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return "\(String(cString: here))/\(path)"
  }

  static func isProgram(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  private static func makeFolder(in parent: String) throws(FleetError) -> String {
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw failure(parent) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func make(_ folder: String) throws(FleetError) {
    guard mkdir(folder, 0o700) == 0 else { throw failure(folder) }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(FleetError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func failure(_ path: String) -> FleetError {
    FleetError(
      .chartFailed, "the chart cannot be written out for helm", at: FleetError.Address(file: path),
      cause: String(cString: strerror(errno)))
  }
}
