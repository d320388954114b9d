import Foundation
import Manifests
import Wire

/// The hub and the agents of a demo, as processes with real certificates.
struct DemoFleet {
  let world: DemoWorld
  let hubPort: Int
  let adminPort: Int

  /// Makes the hub's keys and the first operator, and starts the hub on a repository.
  init(world: DemoWorld, repository url: String, fleet: String, branch: String) throws {
    self.world = world
    hubPort = try DemoWorld.freePort()
    adminPort = try DemoWorld.freePort()
    hubArguments = [
      "run", "--state-directory", "\(world.directory)/hub", "--listen", "127.0.0.1:\(hubPort)", "--admin-listen",
      "127.0.0.1:\(adminPort)", "--git-url", url, "--git-reference", branch, "--git-interval", "500ms", "--log-level",
      "info",
    ]
    try makeKeys(fleet)
    try startHub()
  }

  private func makeKeys(_ fleet: String) throws {
    _ = try DemoProcess.run(
      try world.program("flotilla-hub"),
      [
        "init", "--dev", "--fleet", fleet, "--state-directory", "\(world.directory)/hub", "--address",
        "127.0.0.1:\(hubPort)", "--operator-directory", "\(world.directory)/operator",
      ])
    try writeOperatorFile()
  }

  private let hubArguments: [String]

  func startHub() throws { try world.start("flotilla-hub", hubArguments, as: "hub") }

  /// `demo.json`: where the hub is, and the operator's PEM files.
  private func writeOperatorFile() throws {
    let made = try LocalFile.read("\(world.directory)/operator/operator.json", limit: LocalFile.pemBytes)
    var value = try JSON.parse(made, file: "operator.json")
    for name in ["ca", "certificate", "key"] {
      guard let file = value[name]?.string else { throw FleetError(.demo, "operator.json has no \(name)") }
      value[name] = .string(file.hasPrefix("/") ? file : "\(world.directory)/operator/\(file)")
    }
    value["admin"] = .string("http://127.0.0.1:\(adminPort)")
    try LocalFile.write(world.operatorFile, JSON.pretty(value))
  }

  /// Waits until the hub has read the repository, and returns the names of its clusters.
  func clusters() async throws -> [String] {
    try await world.wait(for: "the hub serves and has read the repository") {
      try await world.ask { try await $0.getFleetStatus(.init()) }.source?.inForce != nil
    }
    return try await world.ask { try await $0.listClusters(.init()) }.clusters.map(\.name)
  }

  /// Starts the machines of a cluster and their agent, which enrols with a token made for it.
  func startCluster(_ name: String) async throws {
    let home = "\(world.directory)/clusters/\(name)"
    try LocalFile.makeFolder(home)
    try startMachines(name)
    let token = try await world.ask { try await $0.createClusterToken(.init(name: name)) }.token
    try LocalFile.write("\(home)/token", Array(token.utf8))
    let portFile = "\(home)/machines.port"
    try await world.wait(for: "the machines of \(name) answer") { LocalFile.exists(portFile) }
    try startAgent(name)
  }

  func startMachines(_ name: String) throws {
    let home = "\(world.directory)/clusters/\(name)"
    try world.start(
      "flotilla-demo-node",
      ["--directory", world.folder(of: name), "--port-file", "\(home)/machines.port", "--delay", "300"],
      as: "machines-\(name)")
  }

  func startAgent(_ name: String) throws {
    let home = "\(world.directory)/clusters/\(name)"
    let port = String(decoding: try LocalFile.read("\(home)/machines.port", limit: 16), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try world.start(
      "flotilla-agent",
      [
        "run", "--state-directory", "\(home)/agent", "--target", "directory", "--directory", world.folder(of: name),
        "--directory-kind", "plain", "--probe-http", "http://127.0.0.1:\(port)/", "--token-file", "\(home)/token",
        "--log-level", "info",
      ], as: "agent-\(name)")
  }
}
