import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla freeze list|override`.
struct FreezeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze", abstract: "Shows when nothing new starts, and lets a stage go on regardless.",
    subcommands: [List.self, Override.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the freezes that apps go by.")
    @OptionGroup var hub: HubOptions
    @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

    func run() async throws {
      let freezes = try await hub.withOperator { client in try await client.listRestraints(.init()) }.freezes
      output.write(freezes.map(\.form), names: freezes.map(\.reason)) {
        var table = Table("ENVIRONMENTS", "KIND", "WINDOW", "UNTIL", "SCHEDULE", "FOR", "REASON")
        for freeze in freezes {
          table.add(
            freeze.environments.joined(separator: ","), "\(freeze.kind)",
            freeze.window == .unspecified ? "unknown" : "\(freeze.window)",
            freeze.untilUnixMs > 0 ? Timestamp(milliseconds: freeze.untilUnixMs).description : "-",
            "\(freeze.schedule) \(freeze.timeZone)", Duration.milliseconds(freeze.durationMs).text, freeze.reason)
        }
        return table
      }
    }
  }

  struct Override: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets a stage of a rollout go on although its clusters are frozen. Needs a reason.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Option(help: "The stage; by default the one that waits for a window.") var stage: String?
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func validate() throws { try why.require("although it is frozen") }

    func run() async throws {
      let (which, stage, reason) = (which, stage, why.reason)
      let detail = try await hub.withOperator { client in
        let found = try await which.find(client)
        let id = found.rollout?.id ?? ""
        guard let stage = stage ?? found.stages.first(where: { $0.wait == .freeze })?.name else {
          throw FleetError(
            .conflict, "no stage of rollout \(id) waits for a window to open or close",
            nextStep: "name one with --stage; see `flotilla rollout status \(id)`")
        }
        return try await client.operateRollout(
          .init(id: id, reason: reason, act: .overrideFreeze(.init(stage: stage)))
        ).rollout
      }
      shown.show(detail)
    }
  }
}

extension FlotillaV1.FreezeRule {
  fileprivate var form: Value {
    [
      "kind": .string("\(kind)"), "environments": .array(environments.map { .string($0) }),
      "schedule": .string(schedule), "duration": .string(Duration.milliseconds(durationMs).text),
      "timeZone": .string(timeZone), "reason": .string(reason), "window": .string("\(window)"),
      "until": instant(untilUnixMs),
    ]
  }
}
