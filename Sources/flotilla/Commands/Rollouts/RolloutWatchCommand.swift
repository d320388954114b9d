import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

extension RolloutCommand {
  /// `flotilla rollout watch`.
  struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows a rollout as it goes, until it has ended.",
      discussion: """
        On a terminal it is drawn again in place; otherwise each change is a line. The hub may restart meanwhile. Exit \
        status 0 when the rollout succeeded, 1 when it ended otherwise.
        """)
    @OptionGroup var hub: HubOptions
    @OptionGroup var which: RolloutArgument
    @Flag(help: "A line for each change, also on a terminal.") var plain = false
    @Option(name: .shortAndLong, help: "table or json (one object a line, for each change).")
    var output = OutputFormat.table

    func run() async throws {
      let which = which
      let id = try await hub.withOperator { client in try await which.find(client).rollout?.id ?? "" }
      let isForPrograms = output == .json || output == .yaml
      let view = RolloutView(
        isLive: Terminal.isInteractive && !plain && !isForPrograms, isForPrograms: isForPrograms)
      let state = try await withThrowingTaskGroup(of: FlotillaV1.RolloutState?.self) { group in
        let hub = hub
        group.addTask {
          try await hub.following(away: { await view.away($0) }) { client in
            await view.beginAgain()
            return try await client.watchRollout(.init(which: .id(id))) { changes in
              for try await change in changes { await view.take(change) }
              return await view.ended
            }
          }
        }
        group.addTask {
          while true {
            try await Task.sleep(for: .seconds(1))
            await view.draw()
          }
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
      if state != .succeeded { throw ExitCode(1) }
    }
  }
}

/// What a watcher sees.
private actor RolloutView {
  private let isLive: Bool
  private let isForPrograms: Bool
  private var live = LiveRollout()
  private var screen = Screen()
  private var problem: FleetError?

  init(isLive: Bool, isForPrograms: Bool) {
    self.isLive = isLive
    self.isForPrograms = isForPrograms
  }

  /// The state that the rollout ended in; nil while it has not.
  var ended: FlotillaV1.RolloutState? { live.isOver ? live.rollout.state : nil }

  func beginAgain() { live.beginAgain() }

  func take(_ change: FlotillaV1.RolloutChange) {
    if problem != nil, !isLive { StandardStreams.complain("the hub is back") }
    problem = nil
    let changes = live.take(change, now: .now)
    guard !isLive else { return draw() }
    let time = Timestamp.now
    for change in changes {
      if isForPrograms {
        var form = change.form
        form["time"] = .string(time.description)
        StandardStreams.print(JSON.canonical(.object(form)) + [0x0a])
      } else {
        StandardStreams.print("\(time)  \(change.line)")
      }
    }
  }

  func away(_ error: FleetError) {
    if problem == nil, !isLive { StandardStreams.complain("the hub is away, and is tried again: \(error)") }
    problem = error
    draw()
  }

  /// Countdowns go on between changes.
  func draw() {
    guard isLive, !live.rollout.id.isEmpty else { return }
    var lines = live.screen(rows: Terminal.size.rows, now: .now)
    if let problem { lines.append("the hub is away, and is tried again: \(problem)") }
    screen.draw(lines)
  }
}
