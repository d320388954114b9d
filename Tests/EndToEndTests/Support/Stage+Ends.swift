import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

// What must be so in the end, whatever happened.

extension Stage {
  /// A hub that ends leaves nothing half done: neither in its folder nor in its databases.
  func checkHubFiles() async throws {
    try await fleet.hub.stop()
    let state = "\(machine.directory)/hub"
    let strays = Stage.files(below: state).filter { file in
      file.hasSuffix(".tmp") || file.contains("/tmp") || file.contains("/.")
        || file.hasPrefix("git/")
          && file.hasSuffix(".lock")
    }
    #expect(strays.isEmpty)
    for database in Stage.files(below: state) where database.hasSuffix(".sqlite") {
      let verdict = try LocalProcess.run(
        "python3",
        [
          "-c",
          "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchone()[0])",
          "\(state)/\(database)",
        ])
      #expect(verdict == "ok\n")
    }
  }

  /// Every file that clusters should have by now, by cluster and path: what the working tree renders to.
  func renderedFiles() throws -> [String: [String: [UInt8]]] {
    let folder = "\(machine.directory)/rendered"
    try? FileManager.default.removeItem(atPath: folder)
    try LocalProcess.run(
      "\(Stage.programs)/flotilla", ["render", "--quiet", "--output", folder, "--repo", repository.folder])
    var found: [String: [String: [UInt8]]] = [:]
    for name in Stage.files(below: folder) {
      let parts = name.split(separator: "/")
      guard let cluster = parts.first.map(String.init), let app = parts.last?.dropLast(".yaml".count) else { continue }
      let text = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
      for document in try YAML.parse(Array(text), file: name) {
        let id = try Manifest(document.value).id
        let path = "\(app)/\(id.group)_\(id.kind)_\(id.namespace)_\(id.name).yaml"
        found[cluster, default: [:]][path] = YAML.emit(document.value)
      }
    }
    return found
  }

  /// What differs between what clusters should have and their folders, byte for byte; what apps are marked with aside.
  func differences(from wanted: [String: [String: [UInt8]]]) -> [String] {
    sample.clusters.flatMap { cluster -> [String] in
      let files = wanted[cluster.name] ?? [:]
      let folder = fleet.cluster(cluster.name).manifests
      let marks =
        [".flotilla-inventory.json"]
        + Set(files.keys.compactMap { $0.split(separator: "/").first }).map {
          "\($0)/.flotilla.json"
        }
      let there = Set(Stage.files(below: folder)).subtracting(marks)
      let others = there.symmetricDifference(files.keys).map { "\(cluster.name): \($0)" }
      return others
        + files.filter { path, content in
          there.contains(path) && FileManager.default.contents(atPath: "\(folder)/\(path)").map(Array.init) != content
        }.keys.map { "\(cluster.name): \($0) differs" }
    }.sorted()
  }

  /// The clusters of which the hub does not know that they are online, and synced and healthy at exactly what they were
  /// assigned; each with what it knows.
  func restless() async throws -> [String] {
    let clusters = try await fleet.ask { try await $0.listClusters(.init(page: .init(size: 500))) }.clusters
    let missing = Set(sample.clusters.map(\.name)).subtracting(clusters.map(\.name))
    let found = clusters.filter { cluster in
      cluster.link != .online || cluster.sync != .synced || cluster.health != .healthy
        || cluster.apps != cluster.appsSynced || cluster.apps != cluster.appsHealthy
    }.map { "\($0)" }
    guard missing.isEmpty, found.isEmpty else { return missing.sorted() + found }
    // A list does not tell which bundle was taken.
    return try await fleet.ask { client in
      var behind: [String] = []
      for cluster in clusters {
        let shown = try await client.getCluster(.init(name: cluster.name)).cluster
        if shown?.bundleSeq != shown?.reportedBundleSeq { behind.append("\(String(describing: shown))") }
      }
      return behind
    }
  }
}
