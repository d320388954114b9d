import ArgumentParser
import FleetModel
import Manifests
import Wire

extension RolloutCommand {
  /// `flotilla rollout list`.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists rollouts, the newest first.")
    @OptionGroup var list: Listing

    func run() async throws { try await list.run() }
  }

  /// What `flotilla rollout list` and `flotilla get rollouts` share.
  struct Listing: ParsableArguments {
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table
    @Option(help: "Only this app's.") var app: String?
    @Flag(help: "Only those that are not over.") var active = false

    func run() async throws {
      let (app, active) = (app ?? "", active)
      let rollouts = try await hub.withOperator { client in
        try await Pages.all { page in
          let answer = try await client.listRollouts(.init(page: page, app: app, activeOnly: active))
          return (answer.rollouts, answer.page)
        }
      }
      output.write(rollouts.map(\.form), names: rollouts.map(\.id)) {
        var table = Table(
          ["ID", "APP", "COMMIT", "STATE", "STAGE", "DONE", "AGE"] + (output == .wide ? ["CHANGED", "RELEASE"] : [])
            + ["REASON"])
        for rollout in rollouts { table.add(row(rollout)) }
        return table
      }
    }

    private func row(_ rollout: FlotillaV1.Rollout) -> [String] {
      let wide =
        output == .wide ? [age(rollout.changedUnixMs), String(hex(rollout.release).prefix(12))] : []
      return [
        rollout.id, rollout.app, String((rollout.commit?.id ?? "").prefix(8)), "\(rollout.state)",
        rollout.stage.isEmpty ? "-" : "\(rollout.stage) \(rollout.stageState)",
        "\(rollout.clustersSoaked)/\(rollout.clustersChanged)", age(rollout.startedUnixMs),
      ] + wide + [rollout.reason]
    }
  }

  /// `flotilla rollout status`.
  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows one rollout: its stages, their clusters, and what each waits for.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Option(name: .shortAndLong, help: "table, wide, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let which = which
      let detail = try await hub.withOperator { client in try await which.find(client) }
      output.write(detail.form, name: detail.rollout?.id ?? "") { detail.text(wide: output == .wide) }
    }
  }
}
