import Foundation
import Manifests

/// The Git repository that the demo makes of the sample fleet.
struct DemoRepository {
  let folder: URL

  init(copyOf example: String, to folder: URL) throws {
    self.folder = folder
    guard FileManager.default.fileExists(atPath: "\(example)/fleet.yaml") else {
      throw FleetError(
        .demo, "no sample fleet is there", at: .init(file: "\(example)/fleet.yaml"),
        nextStep: "run the demo from the project's folder, or give --example")
    }
    try FileManager.default.copyItem(at: URL(filePath: example), to: folder)
    try git("init", "--quiet", "--initial-branch", "main")
    try git("config", "user.name", "Ada Deployer")
    try git("config", "user.email", "ada@acme.test")
    try git("config", "commit.gpgsign", "false")
    _ = try commit("The fleet as it begins")
  }

  var url: String { "file://\(folder.path)" }

  /// Replaces one text by another in a file, which must have it.
  func replace(_ old: String, with new: String, in file: String) throws {
    let path = folder.appending(path: file)
    let text = try String(contentsOf: path, encoding: .utf8)
    guard text.contains(old) else { throw FleetError(.demo, "`\(old)` is not there", at: .init(file: file)) }
    try text.replacingOccurrences(of: old, with: new).write(to: path, atomically: true, encoding: .utf8)
  }

  /// Commits everything; returns the commit's id.
  func commit(_ message: String) throws -> String {
    try git("add", "--all")
    try git("commit", "--quiet", "--message", message)
    return try head()
  }

  /// `git revert` of the last commit; returns the new commit's id.
  func revert() throws -> String {
    try git("revert", "--no-edit", "HEAD")
    return try head()
  }

  private func head() throws -> String {
    try git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @discardableResult
  private func git(_ arguments: String...) throws -> String {
    try DemoProcess.run(URL(filePath: "/usr/bin/env"), ["git", "-C", folder.path] + arguments)
  }
}
