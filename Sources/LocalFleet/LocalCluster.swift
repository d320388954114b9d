import Foundation
import Manifests
import Wire

/// One cluster of a fleet on this machine: a folder, a stand-in for the machines that read it, and an agent.
public struct LocalCluster: Sendable {
  /// How the stand-in misbehaves, so that a gate can be seen to hold.
  public enum Fault: String, Sendable {
    case none, lie, lag, die
  }

  public let name: String
  let fleet: LocalFleet

  private var machine: LocalMachine { fleet.machine }
  private var home: String { "\(machine.directory)/clusters/\(name)" }
  /// The folder that the agent writes and the machines read.
  public var manifests: String { "\(home)/manifests" }
  /// The agent's own folder.
  public var state: String { "\(home)/agent" }
  public var tokenFile: String { "\(home)/token" }

  /// Starts the machines and the agent, which enrols with a token made for it.
  public func start(fault: Fault = .none, delay: Int = 300, agentArguments: [String] = []) async throws {
    try machine.makeFolder(home)
    try startMachines(fault: fault, delay: delay)
    try await makeToken()
    try await eventually("the machines of \(name) answer") { FileManager.default.fileExists(atPath: portFile) }
    try startAgent(agentArguments)
  }

  /// Makes a join token and writes it where the agent reads it.
  public func makeToken() async throws {
    try machine.makeFolder(home)
    let name = name
    let token = try await fleet.ask { try await $0.createClusterToken(.init(name: name)) }.token
    try Data(token.utf8).write(to: URL(filePath: tokenFile))
  }

  private var portFile: String { "\(home)/machines.port" }

  public func startMachines(fault: Fault = .none, delay: Int = 300) throws {
    try? FileManager.default.removeItem(atPath: portFile)
    try machine.start(
      "flotilla-demo-node",
      [
        "--directory", manifests, "--port-file", portFile, "--delay", "\(delay)", "--fault", fault.rawValue,
      ], as: "machines-\(name)")
  }

  @discardableResult
  public func startAgent(_ arguments: [String] = []) throws -> LocalProcess {
    let port = try String(contentsOfFile: portFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return try machine.start(
      "flotilla-agent",
      [
        "run", "--state-directory", state, "--target", "directory", "--directory", manifests, "--directory-kind",
        "plain", "--probe-http", "http://127.0.0.1:\(port)/", "--token-file", tokenFile, "--log-level", fleet.logLevel,
      ] + arguments, as: "agent-\(name)")
  }

  /// Starts an agent that manages an API server instead of a folder.
  @discardableResult
  public func startAgent(kubeconfig: String, _ arguments: [String] = []) throws -> LocalProcess {
    let logLevel = arguments.contains("--log-level") ? [] : ["--log-level", fleet.logLevel]
    return try machine.start(
      "flotilla-agent",
      [
        "run", "--state-directory", state, "--target", "kubernetes", "--kubeconfig", kubeconfig, "--token-file",
        tokenFile,
      ] + logLevel + arguments, as: "agent-\(name)")
  }

  public var agent: LocalProcess { get throws { try machine.process("agent-\(name)") } }
  public var machines: LocalProcess { get throws { try machine.process("machines-\(name)") } }

  /// A file that the agent wrote, nil when there is none.
  public func file(_ path: String) -> String? {
    try? String(contentsOfFile: "\(manifests)/\(path)", encoding: .utf8)
  }

  /// What the agent logged.
  public var log: String { (try? String(contentsOfFile: machine.logFile(of: "agent-\(name)"), encoding: .utf8)) ?? "" }
}
