import Digests
import FleetModel
import Logging
import Manifests

@testable import AgentCore

/// What tests of the agent are made of: apps of ConfigMaps, and what is owned of them.
enum Fixtures {
  static var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  static func id(_ name: String) -> ObjectID { ObjectID(group: "", kind: "ConfigMap", namespace: "shop", name: name) }

  static func owned(_ app: String, _ names: [String]) -> [OwnedObject] {
    names.map { OwnedObject(app: app, id: id($0)) }
  }

  static func names(_ count: Int) -> [String] { (0..<count).map { "map-\($0)" } }

  /// An app with ConfigMaps of these names, all holding a text.
  static func app(
    _ name: String, _ maps: [String], text: String = "one", policy: AppPolicy = AppPolicy(), order: Int = 0,
    confirmed: Set<String> = []
  ) throws -> DesiredApp {
    let manifests = try ManifestSet(maps.map { try Manifest(configMap($0, text)) })
    return DesiredApp(
      name: name, digest: digest("\(name) \(manifests.digest.hex) \(policy)"), manifests: manifests, policy: policy,
      order: order, confirmedDeletions: confirmed)
  }

  static func removal(_ app: String, _ absent: Absence, confirmed: [String] = []) -> Bundle.Removal {
    Bundle.Removal(
      name: app, appDigest: digest("absent \(app)"), absent: absent, confirmedDeletions: confirmed)
  }

  static func state(_ apps: [DesiredApp], removals: [Bundle.Removal] = []) -> DesiredState {
    DesiredState(bundleSeq: 1, apps: apps, removals: removals)
  }

  private static func digest(_ text: String) -> AppDigest { AppDigest(Digest(of: Array(text.utf8))) }

  private static func configMap(_ name: String, _ text: String) -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "shop"],
      "data": ["text": .string(text)],
    ]
  }
}
