import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

// What operators do to a rollout. Each shows the rollout as it is afterwards.

extension RolloutCommand {
  /// `flotilla rollout approve`.
  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approves a stage of the rollout as it is now, and of no other release.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Option(help: "The stage; by default the one that waits for an approval.") var stage: String?
    @Option(help: "Only if the rollout carries this release (64 hexadecimal digits).") var release: String?
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws {
      let (which, stage, release, reason) = (which, stage, release, why.reason)
      let detail = try await hub.withOperator { client in
        let found = try await which.find(client)
        guard let rollout = found.rollout else { throw FleetError(.notFound, "the hub's answer has no rollout") }
        guard let stage = stage ?? found.stages.first(where: \.waitsForApproval)?.name else {
          throw FleetError(
            .conflict, "no stage of rollout \(rollout.id) waits for an approval",
            nextStep: "see `flotilla rollout status \(rollout.id)`")
        }
        if let release, release != hex(rollout.release) {
          throw FleetError(
            .conflict,
            "rollout \(rollout.id) carries release \(hex(rollout.release).prefix(12)), not the one named",
            nextStep: "look at it with `flotilla rollout status \(rollout.id) -o wide`")
        }
        return try await client.approveRollout(
          .init(id: rollout.id, stage: stage, release: rollout.release, comment: reason)
        ).rollout
      }
      shown.show(detail)
    }
  }

  /// `flotilla rollout pause`.
  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Offers nothing more until it is resumed; what is in flight settles.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws { try await hub.operate(which, why, shown, .pause(.init())) }
  }

  /// `flotilla rollout resume`.
  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Goes on with a rollout that was paused.",
      discussion: """
        A hub that loses many clusters at once pauses every rollout: the fault may be its own. They go on by themselves \
        when the clusters are heard again. With --accept-silence they go on now, in the whole fleet: the clusters are \
        known to be away.
        """)
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Flag(help: "Goes on although many clusters fell silent at once.") var acceptSilence = false
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws { try await hub.operate(which, why, shown, .resume(.init(acceptSilence: acceptSilence))) }
  }

  /// `flotilla rollout abort`.
  struct Abort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a rollout where it is. What was offered and pulled stays; nothing is rolled back.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws { try await hub.operate(which, why, shown, .abort(.init())) }
  }

  /// `flotilla rollout retry`.
  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tries again what failed: the failed clusters start anew, and the halted stage goes on.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func run() async throws { try await hub.operate(which, why, shown, .retry(.init())) }
  }

  /// `flotilla rollout exclude`.
  struct Exclude: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Goes on without a cluster. It keeps what it runs, and needs a reason.")
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Argument(help: "The cluster's name.", completion: NameCompletion.clusters) var cluster: String
    @OptionGroup var why: ReasonOption
    @OptionGroup var shown: ShownRollout

    func validate() throws {
      guard !why.reason.isEmpty else {
        throw ValidationError("why is \(cluster) left out? Give --reason TEXT: it goes into the audit log")
      }
    }

    func run() async throws { try await hub.operate(which, why, shown, .exclude(.init(cluster: cluster))) }
  }
}

extension HubOptions {
  /// Does something to a rollout and shows it.
  fileprivate func operate(
    _ which: RolloutArgument, _ why: ReasonOption, _ shown: ShownRollout, _ act: FlotillaV1.OperateRolloutRequest.Act
  ) async throws {
    let detail = try await withOperator { client in
      let id = try await which.find(client).rollout?.id ?? ""
      return try await client.operateRollout(.init(id: id, reason: why.reason, act: act)).rollout
    }
    shown.show(detail)
  }
}

extension FlotillaV1.RolloutStage {
  fileprivate var waitsForApproval: Bool {
    state == .awaitingAfter || (state == .awaitingBefore && wait == .approval)
  }
}
