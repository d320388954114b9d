import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla confirm`: what a rollout deletes that needs a person's word.
struct ConfirmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Shows what a stage deletes that nobody gets back, and lets it go.",
    discussion: """
      Without --count it lists what would be deleted. With it the deletions are confirmed, if there are exactly so many:
      what was looked at is what goes.
      """)
  @OptionGroup var hub: HubOptions
  @OptionGroup var which: RolloutArgument
  @Option(help: "The stage; by default the one that waits for a confirmation.") var stage: String?
  @Option(help: "How many guarded objects may be deleted: as many as were listed.") var count: Int?
  @OptionGroup var why: ReasonOption
  @Option(
    name: .shortAndLong, help: "How the list is shown, or with --count the rollout: table, wide, json, yaml or name.")
  var output = OutputFormat.table

  func run() async throws {
    let (which, named, count, reason, output) = (which, stage, count, why.reason, output)
    try await hub.withOperator { client in
      let found = try await which.find(client)
      let id = found.rollout?.id ?? which.rollout
      let stage = try ConfirmCommand.stage(named, of: found)
      if let count {
        let answer = try await client.confirmDeletions(
          .init(id: id, stage: stage, count: Int64(count), comment: reason))
        var shown = ShownRollout()
        shown.output = output
        shown.show(answer.rollout)
      } else {
        let deletions = try await ConfirmCommand.list(id, stage, client)
        output.write(deletions.map(\.form), names: deletions.map(\.object)) { ConfirmCommand.table(deletions) }
        guard output == .table || output == .wide else { return }
        StandardStreams.print(
          deletions.isEmpty
            ? "Stage \(stage) of \(id) deletes nothing that is guarded."
            : "\nTo let them go: flotilla confirm \(id) --stage \(stage) --count \(deletions.count)")
      }
    }
  }

  private static func stage(_ named: String?, of rollout: FlotillaV1.RolloutDetail) throws(FleetError) -> String {
    if let named { return named }
    if let waiting = rollout.stages.first(where: { $0.wait == .confirmation }) { return waiting.name }
    let id = rollout.rollout?.id ?? ""
    throw FleetError(
      .conflict, "no stage of rollout \(id) waits for a confirmation", nextStep: "see `flotilla rollout status \(id)`")
  }

  private static func list(
    _ id: String, _ stage: String, _ client: FlotillaV1.OperatorClient
  ) async throws -> [FlotillaV1.GuardedDeletion] {
    try await Pages.all { page in
      let answer = try await client.listDeletions(.init(page: page, id: id, stage: stage))
      return (answer.deletions, answer.page)
    }
  }

  private static func table(_ deletions: [FlotillaV1.GuardedDeletion]) -> Table {
    var table = Table("CLUSTER", "OBJECT", "WHY IT IS ASKED")
    for deletion in deletions { table.add(deletion.cluster, deletion.object, deletion.reason) }
    return table
  }
}

extension FlotillaV1.GuardedDeletion {
  fileprivate var form: Value {
    ["cluster": .string(cluster), "object": .string(object), "reason": .string(reason)]
  }
}
