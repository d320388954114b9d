import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla cluster token|approve|revoke`.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Lets clusters into the fleet, and shuts them out.",
    subcommands: [Token.self, Approve.self, Revoke.self])

  struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a join token for a declared cluster: it works once, and it is shown only now.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name in the fleet repository.") var cluster: String
    @Option(help: "How long the token can be used, such as 1h.") var lifetime: String?

    func run() async throws {
      let name = cluster
      var span: Duration?
      if let lifetime {
        guard let parsed = Duration(text: lifetime) else {
          throw ValidationError("--lifetime: not a duration such as 30m or 1h: \(lifetime)")
        }
        span = parsed
      }
      let milliseconds = span?.inMilliseconds ?? 0
      let made = try await hub.withOperator { client in
        try await client.createClusterToken(.init(name: name, lifetimeMs: milliseconds))
      }
      StandardStreams.print(made.token)
    }
  }

  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lets in a cluster whose agent waits for approval.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name.") var cluster: String
    @Option(help: "Only if the waiting agent's key has this SHA-256, as the agent shows it.") var key: String?

    func run() async throws {
      let (name, wanted) = (cluster, key)
      try await hub.withOperator { client in
        let answer = try await client.getCluster(.init(name: name))
        guard let pending = answer.pending else {
          throw FleetError(.conflict, "cluster \(name) does not wait for approval", at: .init(cluster: name))
        }
        let shown = pending.keySHA256.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        if let wanted, wanted != shown {
          throw FleetError(.conflict, "another key waits: \(shown)", at: .init(cluster: name))
        }
        _ = try await client.approveCluster(.init(name: name, keySHA256: pending.keySHA256))
      }
      StandardStreams.print("cluster \(name) is approved")
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shuts a cluster's agent out for good. The cluster keeps what it runs.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name.") var cluster: String
    @Option(help: "Why; goes into the audit log.") var reason: String

    func run() async throws {
      let (name, reason) = (cluster, reason)
      _ = try await hub.withOperator { client in try await client.revokeCluster(.init(name: name, reason: reason)) }
      StandardStreams.print("cluster \(name) is revoked")
    }
  }
}
