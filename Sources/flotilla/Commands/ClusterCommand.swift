import ArgumentParser
import Digests
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
    @Argument(help: "The cluster's name in the fleet repository.", completion: NameCompletion.clusters) var cluster:
      String
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
    static let configuration = CommandConfiguration(
      abstract: "Lets in a cluster whose agent waits for approval.",
      discussion: """
        The agent logs the SHA-256 of its key while it waits. Give it with --key: the hub lets in that key and no \
        other. Without --key nothing is approved; the key that waits is shown.
        """)
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String
    @Option(help: "The SHA-256 of the agent's key, as the agent shows it.") var key: String?

    func run() async throws {
      let name = cluster
      guard let key else { throw try await hub.withOperator { client in try await waiting(name, client) } }
      guard let digest = Digest(hex: key) else {
        throw ValidationError("--key: not a SHA-256 in hexadecimal, as the agent shows it: \(key)")
      }
      _ = try await hub.withOperator { client in
        try await client.approveCluster(.init(name: name, keySHA256: digest.bytes))
      }
      StandardStreams.print("cluster \(name) is approved")
    }

    /// Why a call without a key approves nothing.
    private func waiting(_ name: String, _ client: FlotillaV1.OperatorClient) async throws -> FleetError {
      guard let pending = try await client.getCluster(.init(name: name)).pending,
        let key = Digest(bytes: pending.keySHA256)
      else { return FleetError(.conflict, "cluster \(name) does not wait for approval", at: .init(cluster: name)) }
      return FleetError(
        .approvalNeedsKey, "an agent waits for \(age(pending.sinceUnixMs)) with the key \(key.hex)",
        at: .init(cluster: name),
        nextStep: "if its log shows the same: flotilla cluster approve \(name) --key \(key.hex)")
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shuts a cluster's agent out for good. The cluster keeps what it runs.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String
    @OptionGroup var why: ReasonOption

    func validate() throws { try why.require("the revocation") }

    func run() async throws {
      let (name, reason) = (cluster, why.reason)
      _ = try await hub.withOperator { client in try await client.revokeCluster(.init(name: name, reason: reason)) }
      StandardStreams.print("cluster \(name) is revoked")
    }
  }
}

extension FleetError.Code {
  /// Nobody is let in unseen: the key has to be named.
  static let approvalNeedsKey = FleetError.Code("approval-needs-key")
}
