import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla rollout status|approve`.
struct RolloutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout", abstract: "Shows and steers rollouts.", subcommands: [Status.self, Approve.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows one rollout: its stages, their clusters, and what each waits for.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "A rollout's id, or an app's name for that app's newest rollout.") var rollout: String
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let wanted = rollout
      let detail = try await hub.withOperator { client in try await RolloutCommand.find(wanted, client) }
      output.write(detail.form, name: detail.rollout?.id ?? "") { detail.text }
    }
  }

  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approves a stage of the rollout as it is now, and of no other release.")
    @OptionGroup var hub: HubOptions
    @Argument(help: "A rollout's id, or an app's name for that app's newest rollout.") var rollout: String
    @Option(help: "The stage; by default the one that waits for an approval.") var stage: String?
    @Option(help: "Only if the rollout carries this release (64 hexadecimal digits).") var release: String?
    @Option(name: .shortAndLong, help: "Goes into the audit log.") var message = ""

    func run() async throws {
      let (wanted, stage, release, message) = (rollout, stage, release, message)
      let detail = try await hub.withOperator { client in
        let found = try await RolloutCommand.find(wanted, client)
        guard let rollout = found.rollout else { throw FleetError(.notFound, "the hub's answer has no rollout") }
        guard let stage = stage ?? found.stages.first(where: \.waitsForApproval)?.name else {
          throw FleetError(
            .conflict, "no stage of rollout \(rollout.id) waits for an approval",
            nextStep: "see `flotilla rollout status \(rollout.id)`")
        }
        let digest = rollout.release.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        if let release, release != digest {
          throw FleetError(.conflict, "rollout \(rollout.id) carries release \(digest.prefix(12)), not the one named")
        }
        return try await client.approveRollout(
          .init(id: rollout.id, stage: stage, release: rollout.release, comment: message)
        ).rollout
      }
      if let detail { StandardStreams.print(detail.text) }
    }
  }

  static func find(_ name: String, _ client: FlotillaV1.OperatorClient) async throws -> FlotillaV1.RolloutDetail {
    let answer: FlotillaV1.GetRolloutResponse
    do throws(FleetError) {
      answer = try await client.getRollout(.init(which: .app(name)))
    } catch {
      answer = try await client.getRollout(.init(which: .id(name)))
    }
    guard let detail = answer.rollout else { throw FleetError(.notFound, "the hub's answer has no rollout") }
    return detail
  }
}

extension FlotillaV1.RolloutStage {
  fileprivate var waitsForApproval: Bool {
    state == .awaitingAfter || (state == .awaitingBefore && wait == .approval)
  }
}

extension FlotillaV1.RolloutDetail {
  /// For people: the rollout, then each stage with its clusters.
  var text: String {
    guard let rollout else { return "" }
    var text = "\(rollout.app)  \(rollout.id)  commit \((rollout.commit?.id ?? "").prefix(8))  \(rollout.state)\n"
    if !rollout.reason.isEmpty { text += "  \(rollout.reason)\n" }
    for stage in stages {
      text += "\n\(stage.name)  \(stage.state)"
      if stage.wave > 0 { text += "  wave \(stage.wave) of \(stage.waves)" }
      text += "\n"
      if !stage.reason.isEmpty { text += "  \(stage.reason)\n" }
      var table = Table("  CLUSTER", "STATE", "SINCE", "REASON")
      for cluster in stage.clusters {
        table.add("  \(cluster.name)", "\(cluster.state)", age(cluster.changedUnixMs), cluster.reason)
      }
      if !stage.clusters.isEmpty { text += table.text }
    }
    return text
  }
}
