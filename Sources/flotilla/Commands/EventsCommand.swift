import ArgumentParser
import FleetModel
import Manifests
import Programs
import Synchronization
import Wire

/// `flotilla events`.
struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened in the fleet, the newest last.")
  @OptionGroup var hub: HubOptions
  @Flag(name: .shortAndLong, help: "Goes on with what happens next, until it is interrupted.") var follow = false
  @Option(help: "At most so many of those that have been.") var limit = 50
  @Option(help: "Only of this app.") var app: String?
  @Option(help: "Only of this cluster.") var cluster: String?
  @Option(help: "Only of this kind, such as BundleRefused.") var kind: String?
  @Option(help: "Only those whose subject has this in it.") var subject: String?
  @Option(name: .shortAndLong, help: "table or json (one object a line).") var output = OutputFormat.table

  func validate() throws {
    guard (1...WireLimits.pageSize).contains(limit) else {
      throw ValidationError("--limit: not from 1 to \(WireLimits.pageSize): \(limit)")
    }
  }

  func run() async throws {
    let (hub, limit, output) = (hub, limit, output)
    let filter = FlotillaV1.EventFilter(
      action: kind ?? "", subject: subject ?? "", cluster: cluster ?? "", app: app ?? "")
    let last = try await hub.withOperator { client in
      let answer = try await client.listEvents(.init(page: .init(size: Int64(limit)), filter: filter))
      for event in answer.events.reversed() { EventsCommand.show(event, output) }
      return answer.events.first?.n
    }
    guard follow else { return }
    // Where none has been, all that come are new.
    let place = Place(last ?? 0)
    try await hub.following(away: { StandardStreams.complain("the hub is away, and is tried again: \($0)") }) {
      client in
      try await client.watchEvents(.init(after: place.after, filter: filter)) { events in
        for try await event in events {
          EventsCommand.show(event, output)
          place.take(event)
        }
      }
    }
  }

  /// Where to go on after the hub was away: nothing is told twice, and nothing left out.
  private final class Place: Sendable {
    private let place: Mutex<Int64>
    init(_ first: Int64) { place = Mutex(first) }
    var after: Int64 { place.withLock { $0 } }
    func take(_ event: FlotillaV1.Event) { place.withLock { $0 = event.n } }
  }

  private static func show(_ event: FlotillaV1.Event, _ output: OutputFormat) {
    let time = Timestamp(milliseconds: event.timeUnixMs)
    switch output {
    case .table, .wide, .name:
      let words = [time.description, event.action, event.subject, event.reason].filter { !$0.isEmpty }
      StandardStreams.print(Terminal.harmless(words.joined(separator: "  ")))
    case .json, .yaml: StandardStreams.print(JSON.canonical(event.form) + [0x0a])
    }
  }
}
