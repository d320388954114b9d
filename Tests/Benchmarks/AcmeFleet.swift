import Foundation
import LocalFleet
import Wire

/// Examples/acme with a pipeline that lets every cluster go at once, on real processes.
struct AcmeFleet {
  let machine: LocalMachine
  let repository: WorkingRepository
  let fleet: LocalFleet
  let clusters: [String]

  /// Runs `body` on a fleet whose clusters all run the first release.
  static func with(logLevel: String, _ body: (AcmeFleet) async throws -> Void) async throws {
    let machine = try LocalMachine(directory: nil, programs: Place.programs)
    do {
      let acme = try await AcmeFleet(on: machine, logLevel: logLevel)
      try await body(acme)
    } catch {
      await machine.end(removing: true)
      throw error
    }
    await machine.end(removing: true)
  }

  private init(on machine: LocalMachine, logLevel: String) async throws {
    self.machine = machine
    repository = try WorkingRepository(copyOf: Place.acme, to: "\(machine.directory)/repository")
    try repository.write(
      """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: acme}
      spec:
        environments: [dev, staging, prod]
        pipelines:
          default: &atOnce
            stages:
              - {name: all, clusterSelector: {}, waves: [100%], soak: 0s}
          platform: *atOnce

      """, to: "fleet.yaml")
    try repository.commit("All at once")
    fleet = try LocalFleet(
      on: machine, repository: repository.url, fleet: "acme",
      logLevel: logLevel)
    clusters = try await fleet.clusters()
    for cluster in clusters {
      try await fleet.cluster(cluster).start(delay: 0)
    }
    let count = clusters.count
    try await eventually("the first release is everywhere", within: .seconds(120)) {
      let shown = try await fleet.ask { try await $0.listClusters(.init()) }.clusters
      return shown.count == count && shown.allSatisfy { $0.apps == 5 && $0.appsHealthy == 5 }
    }
  }

  /// Commits another tag of the web shop in every environment; returns when the branch moved.
  func release(_ tag: String) throws -> Date {
    for overlay in ["dev", "staging", "prod"] {
      let file = "apps/webshop/overlays/\(overlay)/kustomization.yaml"
      let text = try String(contentsOfFile: "\(repository.folder)/\(file)", encoding: .utf8)
      try repository.write(text.replacing(/newTag: .*/, with: "newTag: \"\(tag)\""), to: file)
    }
    try repository.commit("webshop \(tag)")
    let branch = "\(repository.folder)/.git/refs/heads/main"
    return try FileManager.default.attributesOfItem(atPath: branch)[.modificationDate] as? Date ?? .now
  }

  func runs(_ tag: String) -> Bool {
    clusters.allSatisfy {
      fleet.cluster($0).file("webshop/apps_Deployment_shop_web.yaml")?.contains("shop:\(tag)\n") == true
    }
  }

  func log(of process: String) throws -> [LogEntry] {
    try String(contentsOfFile: machine.logFile(of: process), encoding: .utf8).split(separator: "\n")
      .compactMap(LogEntry.init)
  }
}

/// A line of a program's log, as `LogLines` writes it.
struct LogEntry {
  let time: Date
  let text: Substring

  init?(_ line: Substring) {
    guard let space = line.firstIndex(of: " ") else { return nil }
    let stamp = String(line[..<space])
    let form = Date.ISO8601FormatStyle(includingFractionalSeconds: stamp.contains("."))
    guard let time = try? form.parse(stamp) else { return nil }
    self.time = time
    text = line[space...]
  }
}
