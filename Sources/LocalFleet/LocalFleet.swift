import Foundation
import FreePorts
import Manifests
import NIOPosix
import OperatorClient
public import Wire

/// A hub and agents on this machine, as processes with real certificates.
public struct LocalFleet: Sendable {
  static let hubName = "hub"

  public let machine: LocalMachine
  public let hubPort: Int
  /// Where agents reach the hub.
  private let agentPort: Int
  public let adminPort: Int
  let logLevel: String
  private let hubArguments: [String]

  /// Makes the hub's keys and the first operator, and starts the hub on a repository.
  ///
  /// `logLevel` is that of the hub and of the agents. `hubArguments` come after the ones that every fleet here has.
  /// `ports` are the one that the hub listens on and the one where agents are to reach it.
  public init(
    on machine: LocalMachine, repository url: String, fleet: String, reference: String = "main",
    logLevel: String = "info", hubArguments: [String] = [], ports: (hub: Int, agents: Int)? = nil
  ) throws {
    self.machine = machine
    self.logLevel = logLevel
    hubPort = try ports?.hub ?? FreePorts.one()
    agentPort = ports?.agents ?? hubPort
    adminPort = try FreePorts.one()
    self.hubArguments =
      [
        "run", "--state-directory", "\(machine.directory)/hub", "--listen", "127.0.0.1:\(hubPort)", "--admin-listen",
        "127.0.0.1:\(adminPort)", "--git-url", url, "--git-reference", reference, "--git-interval", "100ms",
        "--log-level", logLevel,
      ] + hubArguments
    try makeKeys(fleet)
    try startHub()
  }

  private func makeKeys(_ fleet: String) throws {
    try LocalProcess.run(
      try machine.program("flotilla-hub"),
      [
        "init", "--dev", "--fleet", fleet, "--state-directory", "\(machine.directory)/hub", "--address",
        "127.0.0.1:\(agentPort)", "--operator-directory", "\(machine.directory)/operator",
      ])
    try writeOperatorFile()
  }

  public func startHub() throws { try machine.start("flotilla-hub", hubArguments, as: LocalFleet.hubName) }

  public var hub: LocalProcess { get throws { try machine.process(LocalFleet.hubName) } }

  /// The folder of the hub's blobs.
  public var blobs: String { "\(machine.directory)/hub/store/blobs" }

  /// `demo.json`: where the hub is, and the operator's PEM files.
  public var operatorFile: String { "\(machine.directory)/demo.json" }

  private func writeOperatorFile() throws {
    let made = try Data(contentsOf: URL(filePath: "\(machine.directory)/operator/operator.json"))
    var value = try JSON.parse(Array(made), file: "operator.json")
    for name in ["ca", "certificate", "key"] {
      guard let file = value[name]?.string else { throw FleetError(.localFleet, "operator.json has no \(name)") }
      value[name] = .string(file.hasPrefix("/") ? file : "\(machine.directory)/operator/\(file)")
    }
    value["address"] = .string("127.0.0.1:\(hubPort)")
    value["admin"] = .string("http://127.0.0.1:\(adminPort)")
    try Data(JSON.pretty(value)).write(to: URL(filePath: operatorFile))
  }

  /// Asks the hub something as the operator.
  public func ask<Answer: Sendable>(
    _ question: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Answer
  ) async throws -> Answer {
    try await OperatorFile(path: operatorFile).withHub(on: .singletonMultiThreadedEventLoopGroup, question)
  }

  /// Waits until the hub has read the repository, and returns the names of its clusters.
  public func clusters() async throws -> [String] {
    try await eventually("the hub serves and has read the repository") {
      try await ask { try await $0.getFleetStatus(.init()) }.source?.inForce != nil
    }
    return try await ask { try await $0.listClusters(.init()) }.clusters.map(\.name)
  }

  public func cluster(_ name: String) -> LocalCluster { LocalCluster(name: name, fleet: self) }

  /// Waits until every cluster's agent holds its stream.
  public func allOnline() async throws {
    try await eventually("all agents are connected") {
      try await ask { try await $0.listClusters(.init()) }.clusters.allSatisfy { $0.link == .online }
    }
  }
}
