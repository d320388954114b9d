import ArgumentParser
import FleetModel
import Manifests
import Wire

/// `flotilla rollout …`.
struct RolloutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout", abstract: "Shows and steers rollouts.",
    subcommands: [
      List.self, Status.self, Watch.self, Approve.self, Pause.self, Resume.self, Abort.self, Retry.self, Exclude.self,
    ])
}

/// Which rollout a command is about.
struct RolloutArgument: ParsableArguments {
  @Argument(
    help: "A rollout's id, or an app's name for that app's newest rollout.", completion: NameCompletion.rollouts)
  var rollout: String

  /// The rollout as it is now. What is both an app and an id is the app.
  func find(_ client: FlotillaV1.OperatorClient) async throws -> FlotillaV1.RolloutDetail {
    let answer: FlotillaV1.GetRolloutResponse
    do throws(FleetError) {
      answer = try await client.getRollout(.init(which: .app(rollout)))
    } catch {
      guard error.code == .unknownRollout else { throw error }
      do throws(FleetError) {
        answer = try await client.getRollout(.init(which: .id(rollout)))
      } catch {
        guard error.code == .unknownRollout else { throw error }
        throw FleetError(
          .notFound, "there is no rollout \(rollout), and no app \(rollout) that was ever rolled out",
          nextStep: "see `flotilla rollout list` and `flotilla get apps`")
      }
    }
    guard let detail = answer.rollout else { throw FleetError(.notFound, "the hub's answer has no rollout") }
    return detail
  }
}

/// Why an operator does something.
struct ReasonOption: ParsableArguments {
  @Option(
    name: [.customShort("m"), .customLong("reason"), .customLong("message")],
    help: "Why: goes into the audit log, and is shown with what follows from it.")
  var reason = ""
}

/// How the rollout that a command has steered is shown.
struct ShownRollout: ParsableArguments {
  @Option(name: .shortAndLong, help: "How the rollout is shown afterwards: table, wide, json, yaml or name.")
  var output = OutputFormat.table

  /// An app that was never rolled out has nothing to show: a program is told so.
  func show(_ detail: FlotillaV1.RolloutDetail?) {
    guard detail != nil || output == .json || output == .yaml else { return }
    output.write(detail?.form ?? .null, name: detail?.rollout?.id ?? "") {
      detail?.text(wide: output == .wide) ?? ""
    }
  }
}

extension FleetError.Code {
  /// No rollout has this name, as the hub says it.
  fileprivate static let unknownRollout = FleetError.Code("rollout-unknown")
}
