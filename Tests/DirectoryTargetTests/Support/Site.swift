import AgentCore
import Digests
import FleetModel
import Foundation
import Logging
import Manifests

@testable import DirectoryTarget

/// A folder of a test and what is applied to it.
struct Site {
  let directory: String

  var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  /// A target on the folder, as after a start of the agent.
  func target(
    _ kind: DirectoryKind = .plain, files: any FileSystem = HostFileSystem(), probe: (any HealthProbe)? = nil
  ) -> DirectoryTarget {
    DirectoryTarget(directory: directory, kind: kind, files: files, probe: probe, logger: logger)
  }

  /// An app with ConfigMaps of these names, all holding a text.
  static func app(_ text: String, named name: String = "shop", maps: [String] = ["a", "b", "c"]) throws -> DesiredApp {
    try app(of: maps.map { configMap($0, text) }, named: name)
  }

  static func app(of objects: [Value], named name: String = "shop") throws -> DesiredApp {
    let manifests = try ManifestSet(objects.map { try Manifest($0) })
    return DesiredApp(
      name: name, digest: AppDigest(Digest(of: manifests.canonicalBytes)), manifests: manifests, policy: AppPolicy(),
      order: 0, confirmedDeletions: [])
  }

  static func configMap(_ name: String, _ text: String) -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "shop"],
      "data": ["text": .string(text)],
    ]
  }

  static func path(_ map: String, app: String = "shop") -> String { "\(app)/_ConfigMap_shop_\(map).yaml" }

  /// Every file below the folder with its content, those with a leading dot too.
  func contents() throws -> [String: String] {
    var found: [String: String] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: directory) ?? .init() {
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(directory)/\(path)", isDirectory: &isDirectory)
      if !isDirectory.boolValue { found[path] = try String(contentsOfFile: "\(directory)/\(path)", encoding: .utf8) }
    }
    return found
  }

  func write(_ text: String, to path: String) throws {
    try text.write(toFile: "\(directory)/\(path)", atomically: false, encoding: .utf8)
  }
}

extension [ObjectOutcome] {
  /// What became of each object, in a word.
  var words: [String] {
    map { outcome in
      switch outcome.result {
      case .unchanged: "unchanged"
      case .created: "created"
      case .changed: "changed"
      case .deleted: "deleted"
      case .differs: "differs"
      case .failed: "failed"
      }
    }
  }
}
