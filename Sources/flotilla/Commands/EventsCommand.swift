import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla events`.
struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened in the fleet, the newest last.")
  @OptionGroup var hub: HubOptions
  @Flag(name: .shortAndLong, help: "Goes on with what happens next, until it is interrupted.") var follow = false
  @Option(help: "At most so many.") var limit = 50
  @Option(name: .shortAndLong, help: "table or json (one object a line).") var output = OutputFormat.table

  func run() async throws {
    let (limit, follow, output) = (limit, follow, output)
    try await hub.withOperator { client in
      let answer = try await client.listEvents(.init(page: .init(size: Int64(limit))))
      for event in answer.events.reversed() { EventsCommand.show(event, output) }
      guard follow else { return }
      let last = answer.events.first?.n ?? 0
      try await client.watchEvents(.init(after: last)) { events in
        for try await event in events { EventsCommand.show(event, output) }
      }
    }
  }

  private static func show(_ event: FlotillaV1.Event, _ output: OutputFormat) {
    let time = Timestamp(milliseconds: event.timeUnixMs)
    switch output {
    case .table, .wide, .name:
      StandardStreams.print(
        [time.description, event.action, event.subject, event.reason].filter { !$0.isEmpty }.joined(separator: "  "))
    case .json, .yaml: StandardStreams.print(JSON.canonical(event.form) + [0x0a])
    }
  }
}
