import ArgumentParser
import FleetModel
import GitSource
import Manifests
import Programs
import Wire

/// `flotilla plan`: what a commit would do, before it does.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what a commit would roll out where, in which order and by which gates. Nothing moves.",
    discussion: """
      The hub renders the revision, compares it with what its clusters are assigned now, and asks its rollout engine \
      what would come of it at this moment. It has to be able to fetch the commit: push it to a branch first, whichever \
      one. Exit status, as diff's: 0 when nothing would happen, 1 when something would or the revision has errors, 2 \
      for trouble.
      """)
  @OptionGroup var hub: HubOptions
  @Option(
    help: """
      The revision: looked up in --repo, and where that does not have it, by the hub. HEAD where nothing is said.
      """)
  var rev: String?
  @Option(help: "A clone of the fleet repository, to look the revision up in.") var repo = "."
  @Option(help: "Only this app.", completion: NameCompletion.apps) var app: String?
  @Flag(help: "Every cluster with its state, stage by stage.") var clusters = false
  @Option(name: .shortAndLong, help: "table, json, yaml or name.") var output = OutputFormat.table

  func run() async throws {
    let plan = try await made()
    if let app, plan.apps.isEmpty, !plan.commit.refused {
      throw FleetError(
        .notFound, "commit \(plan.commit.commit?.id.prefix(8) ?? "") has no app \(app), and none is assigned",
        at: .init(app: app), nextStep: "see `flotilla get apps`, or leave --app out")
    }
    switch output {
    case .table, .wide:
      StandardStreams.print(plan.text(withClusters: clusters || output == .wide))
      for warning in plan.warnings { StandardStreams.complain(Terminal.harmless("warning: \(warning)")) }
    case .json: OutputFormat.printJSON(plan.form)
    case .yaml: StandardStreams.print(YAML.emit(plan.form))
    case .name: for app in plan.apps where app.course.isSomething { StandardStreams.print(app.name) }
    }
    for error in plan.errors { StandardStreams.complain(Terminal.harmless("\(error)")) }
    if !plan.errors.isEmpty { StandardStreams.complain("\(counted(plan.errors.count, "error"))") }
    if plan.changesSomething || !plan.errors.isEmpty { throw ExitCode(1) }
  }

  private func made() async throws -> FleetPlan {
    let (revision, app) = (named, app)
    return try await hub.withOperator { client in
      try await client.planRevision(.init(revision: revision)) { parts in
        var plan = FleetPlan(app: app)
        let progress = ProgressLine()
        defer { progress.end() }
        for try await part in parts {
          if case .progress(let done)? = part.part {
            progress.show("\(done.appsDone) of \(done.apps) apps rendered")
          } else {
            plan.take(part)
          }
        }
        return plan
      }
    }
  }

  /// What the hub is asked for: an id where the revision is known here, for a branch of a clone is not the hub's.
  private var named: String {
    guard let repository = try? GitRepository(path: repo), let id = try? repository.resolve(rev ?? "HEAD") else {
      return rev ?? ""
    }
    return id.hex
  }
}

/// Lets a person see that something goes on.
private struct ProgressLine {
  private let isShown = Terminal.showsErrors

  func show(_ text: String) { if isShown { StandardStreams.mutter("\r\u{1B}[K\(text)") } }

  func end() { show("") }
}
