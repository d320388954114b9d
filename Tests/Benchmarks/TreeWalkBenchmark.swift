import Foundation
import GitSource
import Programs

/// How long it takes to know every file of a commit.
enum TreeWalkBenchmark: Benchmark {
  static let name = "tree-walk"
  static let summary = "all paths and ids of a commit of 10,000 files, opening the repository included (medians)"
  private static let files = 10_000
  private static let rounds = 21

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "flotilla-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try git(["init", "--quiet", "--bare", "--initial-branch=main", "."], in: folder)
    try Data(history.utf8).write(to: folder.appending(path: "history"))
    try git(["fast-import", "--quiet"], in: folder, input: folder.appending(path: "history"))

    var walks: [Double] = []
    var listings: [Double] = []
    var starts: [Double] = []
    for _ in 0..<rounds {
      walks.append(try milliseconds { try walk(folder.path) })
      listings.append(try milliseconds { try git(["ls-tree", "-r", "main"], in: folder) })
      starts.append(try milliseconds { try git(["version"], in: folder) })
    }
    Row.print("our walk", Row.milliseconds(walks.median))
    Row.print("git ls-tree -r", Row.milliseconds(listings.median))
    Row.print("of it, starting git", Row.milliseconds(starts.median))
    Row.print("our walk to git ls-tree -r", Row.ratio(walks.median / listings.median))
    Row.print(
      "our walk to git ls-tree -r without its start", Row.ratio(walks.median / (listings.median - starts.median)))
  }

  private static func walk(_ path: String) throws {
    let repository = try GitRepository(path: path)
    let count = try repository.tree(at: repository.resolve("main")).walk().count
    guard count == files else { throw Failure(description: "\(count) files instead of \(files)") }
  }

  private static var history: String {
    var stream = "commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 0\n"
    for index in 0..<files {
      let text = "name: object-\(index)\n"
      stream += "M 100644 inline apps/app-\(index / 100)/file-\(index).yaml\ndata \(text.utf8.count)\n\(text)\n"
    }
    return stream
  }

  private static func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let time = try ContinuousClock().measure(body)
    return time / .milliseconds(1)
  }

  private static func git(_ arguments: [String], in folder: URL, input: URL? = nil) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/git")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "git \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
  }
}
