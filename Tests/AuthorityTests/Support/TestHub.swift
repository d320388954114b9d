import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

/// A hub's keys in a folder of their own.
struct TestHub {
  static let now = Timestamp(seconds: 1_800_000_000)
  let folder: String
  let created: HubKeys.Created

  var keys: HubKeys { created.keys }
  var keyFolder: String { "\(folder)/keys" }

  init(
    in folder: String, quorum: RootCeremony.Quorum = .development, passphrases: [String] = [],
    at now: Timestamp = TestHub.now
  ) throws {
    self.folder = folder
    created = try HubKeys.create(
      in: "\(folder)/keys", fleet: "acme", quorum: quorum, rootDirectory: "\(folder)/root", passphrases: passphrases,
      at: now)
  }

  /// Writes bytes into the folder, for a program to read.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Runs openssl in the folder; what it printed. Fails the test when it fails.
  @discardableResult
  func openssl(_ arguments: String...) throws -> String {
    let result = try runProgram("openssl", arguments, in: folder)
    try #require(result.status == 0, "openssl \(arguments.joined(separator: " ")): \(result.text)")
    return result.text
  }

  /// Runs openssl in the folder; whether it succeeded.
  func opensslAgrees(_ arguments: String...) throws -> Bool {
    try runProgram("openssl", arguments, in: folder).status == 0
  }
}

/// A uid that the test knows to be one.
func uid(_ text: String) -> ClusterUID { ClusterUID(text) ?? { preconditionFailure("\(text) is no uid") }() }
