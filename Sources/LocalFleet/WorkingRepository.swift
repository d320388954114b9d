import Foundation
import Manifests

/// A Git repository with a working tree, as a developer of the fleet has it.
public struct WorkingRepository: Sendable {
  public let folder: String

  /// Copies a folder that has a `fleet.yaml`, and commits it.
  public init(copyOf example: String, to folder: String) throws {
    self.folder = folder
    guard FileManager.default.fileExists(atPath: "\(example)/fleet.yaml") else {
      throw FleetError(
        .localFleet, "no fleet is there", at: .init(file: "\(example)/fleet.yaml"),
        nextStep: "run it from the project's folder, or say where the sample is")
    }
    try FileManager.default.copyItem(atPath: example, toPath: folder)
    try begin()
  }

  /// Makes a repository of these files, and commits them.
  public init(files: [String: String], in folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in files { try write(text, to: name) }
    try begin()
  }

  private func begin() throws {
    try git("init", "--quiet", "--initial-branch", "main")
    try git("config", "user.name", "Ada Deployer")
    try git("config", "user.email", "ada@acme.test")
    try git("config", "commit.gpgsign", "false")
    try commit("The fleet as it begins")
  }

  public var url: String { "file://\(folder)" }

  public func write(_ text: String, to file: String) throws {
    let path = URL(filePath: "\(folder)/\(file)")
    try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: path, atomically: true, encoding: .utf8)
  }

  public func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/\(file)") }

  /// Replaces one text by another in a file, which must have it.
  public func replace(_ old: String, with new: String, in file: String) throws {
    let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    guard text.contains(old) else { throw FleetError(.localFleet, "`\(old)` is not there", at: .init(file: file)) }
    try write(text.replacingOccurrences(of: old, with: new), to: file)
  }

  /// Commits everything; returns the commit's id.
  @discardableResult
  public func commit(_ message: String) throws -> String {
    try git("add", "--all")
    try git("commit", "--quiet", "--message", message)
    return try head()
  }

  /// `git revert` of the last commit; returns the new commit's id.
  public func revert() throws -> String {
    try git("revert", "--no-edit", "HEAD")
    return try head()
  }

  private func head() throws -> String {
    try git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @discardableResult
  public func git(_ arguments: String...) throws -> String {
    try LocalProcess.run("git", ["-C", folder] + arguments)
  }
}
