import AgentCore
import Manifests
import NIOPosix
import OperatorClient
import Settings
import Wire

/// All the agents: lets them enrol, a few at once, and runs each from then on.
struct SimulatedFleet: Sendable {
  let operatorFile: String
  let prefix: String
  /// How many agents at most; nil for one on every cluster that has none.
  let count: Int?
  let enrolmentsAtOnce: Int
  let behaviour: SimulatedCluster.Behaviour
  let lines: EventLines

  private typealias Member = (agent: SimulatedAgent, identity: AgentIdentity)

  /// Runs until the task is cancelled.
  func run() async throws {
    let (members, joined) = AsyncStream.makeStream(of: Member.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await lines.summarize() }
      group.addTask { try await runAll(members) }
      group.addTask { try await enrolAll(joined) }
      defer { group.cancelAll() }
      // Those who enrol come to an end; the others only with the task, or with an error.
      for try await _ in group {}
    }
  }

  private func runAll(_ members: AsyncStream<Member>) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for await member in members {
        group.addTask { try await member.agent.run(as: member.identity) }
      }
    }
  }

  private func enrolAll(_ joined: AsyncStream<Member>.Continuation) async throws {
    let file = try OperatorFile(path: operatorFile)
    try await file.withHub(on: .singletonMultiThreadedEventLoopGroup) { hub in
      let names = try await clustersWithoutAgent(hub)
      lines.expect(names.count)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (place, name) in names.enumerated() {
          if place >= enrolmentsAtOnce { try await group.next() }
          group.addTask {
            let agent = SimulatedAgent(name, behaviour, lines)
            let token = try await hub.createClusterToken(.init(name: name)).token
            joined.yield((agent, try await agent.enrol(token: token)))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  private func clustersWithoutAgent(_ hub: FlotillaV1.OperatorClient) async throws -> [String] {
    var names: [String] = []
    var next: [UInt8] = []
    repeat {
      let page = FlotillaV1.PageRequest(size: Int64(WireLimits.pageSize), token: next)
      let answer = try await hub.listClusters(.init(page: page))
      names += answer.clusters.filter { $0.membership == .declared && $0.name.hasPrefix(prefix) }.map(\.name)
      next = answer.page?.next ?? []
    } while !next.isEmpty
    guard names.count >= count ?? 1 else {
      throw FleetError(
        .usage, "\(names.count) declared clusters have no agent, and \(count ?? 1) are wanted",
        nextStep:
          "declare more clusters in the fleet repository, ask for fewer agents, or wait until the hub has read it")
    }
    return Array(names.prefix(count ?? names.count))
  }
}
