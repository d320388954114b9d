import ArgumentParser
import Digests
import FleetModel
import Manifests
import Wire

/// `flotilla rollback`.
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes back what an app's last rollout brought, and holds it.",
    discussion: """
      Every cluster that it reached goes back to what its stage had verified before, at once, also with the Git server \
      down and inside freezes. What is taken back is held: no commit that asks for the same brings it again until \
      `flotilla hold lift`. Needs a reason.
      """)
  @OptionGroup var hub: HubOptions
  @Argument(help: "The app's name.", completion: NameCompletion.apps) var app: String
  @Option(help: "Only this stage.") var stage: String?
  @Option(help: "So many clusters at once in each stage, such as 5 or 25%; by default all.") var width: String?
  @OptionGroup var why: ReasonOption
  @OptionGroup var shown: ShownRollout

  func validate() throws { try why.require("the rollback") }

  func run() async throws {
    try await hub.operate(app, why, shown, .rollBack(.init(stage: stage ?? "", width: width ?? "")))
  }
}

/// `flotilla promote`.
struct PromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Rolls out a release that was rendered once, up to a stage.",
    discussion: """
      Through every gate, as a rollout of its own. A hold that keeps it is lifted. Git's next commit of the app supersedes \
      it. Needs a reason.
      """)
  @OptionGroup var hub: HubOptions
  @Argument(help: "The app's name.", completion: NameCompletion.apps) var app: String
  @OptionGroup var which: ReleaseOptions
  @Option(help: "The last stage that gets it.") var stage: String
  @OptionGroup var why: ReasonOption
  @OptionGroup var shown: ShownRollout

  func validate() throws {
    guard which.rollout != nil || which.release != nil else {
      throw ValidationError("which release? Give --rollout R or --release DIGEST; see `flotilla rollout list`")
    }
    _ = try which.digest()
    try why.require("the promotion")
  }

  func run() async throws {
    var act = FlotillaV1.PromoteRelease(stage: stage)
    if let rollout = which.rollout { act.which = .rollout(rollout) }
    if let digest = try which.digest() { act.which = .release(digest) }
    try await hub.operate(app, why, shown, .promote(act))
  }
}

/// Which release of an app is meant.
struct ReleaseOptions: ParsableArguments {
  @Option(help: "The release that this rollout carries.") var rollout: String?
  @Option(help: "The release by its digest (64 hexadecimal digits).") var release: String?

  func digest() throws -> [UInt8]? {
    guard let release else { return nil }
    guard rollout == nil else { throw ValidationError("--rollout or --release, not both") }
    guard let digest = Digest(hex: release) else {
      throw ValidationError("--release: not 64 hexadecimal digits: \(release); see `flotilla get apps -o json`")
    }
    return digest.bytes
  }
}

extension ReasonOption {
  func require(_ what: String) throws {
    guard reason.isEmpty else { return }
    throw ValidationError("why \(what)? Give -m TEXT: it goes into the audit log, and is shown with what follows")
  }
}

extension HubOptions {
  /// Does something to an app, and shows what became of its rollout.
  func operate(
    _ app: String, _ why: ReasonOption, _ shown: ShownRollout, _ act: FlotillaV1.OperateAppRequest.Act
  ) async throws {
    let reason = why.reason
    let answer = try await withOperator { client in
      try await client.operateApp(.init(app: app, reason: reason, act: act))
    }
    shown.show(answer.rollout)
  }
}
