import AgentCore
import FleetModel
import Logging
import Manifests
import NIOPosix
import Programs
import Trust
import Wire

/// The product's agent, on a cluster and a disk in memory.
struct SimulatedAgent: Sendable {
  let cluster: String
  private let target: SimulatedCluster
  private let state = StateDirectory(path: "/agent", files: MemoryFiles())
  private let lines: EventLines
  private let logger: Logger

  init(_ cluster: String, _ behaviour: SimulatedCluster.Behaviour, _ lines: EventLines) {
    self.cluster = cluster
    self.lines = lines
    target = SimulatedCluster(behaviour, name: cluster)
    logger = Logger(label: cluster) { name in AgentLog(of: name, to: lines) }
  }

  /// Turns a join token into an identity; a hub that is busy or away is asked again.
  func enrol(token: String) async throws -> AgentIdentity {
    let enrolment = EnrollAgent(
      state: state, version: Program.version, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger)
    var schedule = RetrySchedule(first: .milliseconds(200), longest: .seconds(5))
    while true {
      do {
        let identity = try await enrolment.enroll(token: token)
        lines.note(.enrolled(uid: "\(identity.cluster)"), of: cluster)
        return identity
      } catch let error as FleetError where error.code == .unavailable || error.code == .timedOut {
        lines.note(.trouble(reason: "the hub cannot be asked to enrol \(error)"), of: cluster)
        try await Task.sleep(for: schedule.failed(random: .random(in: 0..<1)))
      }
    }
  }

  /// Runs until the task is cancelled.
  func run(as identity: AgentIdentity) async throws {
    let version = SemanticVersion(Program.version) ?? SemanticVersion(major: 0, minor: 0, patch: 0)
    let agent = try Agent(
      identity: identity, target: target, state: state,
      settings: Agent.Settings(version: version, boot: try SecureRandom.bytes(8).hexText),
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger, clock: { .now },
      random: { .random(in: 0..<1) })
    try await agent.run()
  }
}
