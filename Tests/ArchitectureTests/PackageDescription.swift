import Foundation

/// What `swift package dump-package` says of the package: its targets and what each declares to use.
struct PackageDescription {
  struct Target {
    var name: String
    var directory: String
    var isTest: Bool
    var dependencies: Set<String>
    /// Folders inside its directory that are not its own.
    var excluded: [String]
  }

  var targets: [Target]

  /// The repository's root: the folder above `Tests`.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func load() throws -> PackageDescription {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let scratch = FileManager.default.temporaryDirectory.appending(path: "flotilla-dump-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    // A scratch path of its own: the one of the running tests may be locked by them. What the package manager leaves in
    // the folder for temporary files goes with it.
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": scratch.path]) { $1 }
    process.arguments = [
      "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let json = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
    let targets = (json?["targets"] as? [[String: Any]] ?? []).compactMap(Target.init(json:))
    return PackageDescription(targets: targets)
  }
}

extension PackageDescription.Target {
  init?(json: [String: Any]) {
    guard let name = json["name"] as? String, let type = json["type"] as? String, type != "system" else { return nil }
    self.name = name
    isTest = type == "test"
    directory = json["path"] as? String ?? (isTest ? "Tests/\(name)" : "Sources/\(name)")
    excluded = json["exclude"] as? [String] ?? []
    dependencies = []
    for dependency in json["dependencies"] as? [[String: Any]] ?? [] {
      for form in ["byName", "product", "target"] {
        if let parts = dependency[form] as? [Any], let module = parts.first as? String { dependencies.insert(module) }
      }
    }
  }

  /// The modules that this target's Swift sources import, with one file that does for each.
  func imports() throws -> [String: String] {
    var found: [String: String] = [:]
    let folder = PackageDescription.root.appending(path: directory)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      let isExcluded = excluded.contains { file.path.hasPrefix(folder.appending(path: $0).path + "/") }
      guard file.pathExtension == "swift", !isExcluded else { continue }
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if let module = importedModule(in: line) { found[module] = file.lastPathComponent }
      }
    }
    return found
  }

  private func importedModule(in line: Substring) -> String? {
    // Nearly every line is none, and a search for a word costs less than the expression.
    guard line.contains("import ") else { return nil }
    let importLine =
      /^(?:@[A-Za-z_()]+ +)*(?:public |package |internal |private |fileprivate )?import +(?:(?:struct|class|enum|protocol|func|var|let|typealias) +)?([A-Za-z_0-9]+)/
    return line.firstMatch(of: importLine).map { String($0.1) }
  }
}
