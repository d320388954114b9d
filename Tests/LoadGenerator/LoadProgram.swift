import ArgumentParser
import Manifests
import Programs
import UnixSignals

/// Runs many agents in one process against a hub, until it is told to stop, and prints what befalls them.
@main
struct LoadProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flotilla-load",
    abstract: "Many agents in one process, to load a hub with.",
    discussion: """
      Each is the agent of the product, with an enrolment, a certificate and a connection of its own, but for what it
      applies to: a cluster and a disk in memory. Clusters that never enrolled are taken by name. What befalls the agents
      is printed to standard output, a line of JSON each, and once a second, when it changed, how many are how far.
      """)

  @Option(name: .customLong("operator"), help: "The file of an operator who may make join tokens: operator.json.")
  var operatorFile: String

  @Option(help: "How many agents; without it one for each declared cluster that has none.")
  var agents: Int?

  @Option(help: "Only clusters whose names begin so.")
  var clusters = ""

  @Option(help: "How many enrol at once.")
  var enrolments = 32

  @Option(help: "Milliseconds from an apply until what was applied is healthy.")
  var healthDelay = 0

  @Option(help: "The share of clusters, from 0 to 1, on which nothing but the first release of an app gets healthy.")
  var unhealthy = 0.0

  @Option(help: "What is printed of each agent: all, or nothing but what goes wrong.")
  var events = EventLines.Choice.all

  func validate() throws {
    guard agents.map({ $0 > 0 }) ?? true, enrolments > 0, healthDelay >= 0, (0...1).contains(unhealthy) else {
      throw ValidationError("--agents and --enrolments are above 0, --unhealthy is from 0 to 1")
    }
  }

  func run() async throws {
    Host.raiseDescriptorLimit()
    let fleet = SimulatedFleet(
      operatorFile: operatorFile, prefix: clusters, count: agents, enrolmentsAtOnce: enrolments,
      behaviour: SimulatedCluster.Behaviour(healthDelay: .milliseconds(healthDelay), unhealthyShare: unhealthy),
      lines: EventLines(events))
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await fleet.run() }
      group.addTask { for await _ in signals { return } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}

extension EventLines.Choice: ExpressibleByArgument {}
