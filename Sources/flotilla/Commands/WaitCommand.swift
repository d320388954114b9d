import ArgumentParser
import FleetModel
import Manifests
import Programs
import Wire

/// `flotilla wait`.
struct WaitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Waits until something is so.",
    discussion: """
      --for released [--commit SHA]         everything that the commit changes is rolled out, or all that is in force
      --for released APP [--commit SHA]     what the commit says of the app is rolled out
      --for healthy APP|CLUSTER             healthy at exactly what is assigned, everywhere
      --for online CLUSTER                  its agent is connected
      --for rollout=STATE ROLLOUT|APP       a rollout is Succeeded, Paused, Failed…

      A name that is both is app/NAME or cluster/NAME. Exit status 0 when it is so; 1 when nothing but an operator or \
      another commit can make it so, or the time is over; 2 for wrong usage or an error. The hub may restart meanwhile.
      """)
  @OptionGroup var hub: HubOptions
  @Option(name: .customLong("for"), help: "released, healthy, online or rollout=STATE.") var condition = "released"
  @Option(help: "For released: a commit's id or its first 7 digits or more; one that comes after it will do.")
  var commit: String?
  @Option(help: "How long at most, such as 90s or 2h.") var timeout = "1h"
  @Flag(name: .shortAndLong, help: "Says nothing while it waits.") var quiet = false
  @Argument(help: "An app, a cluster or a rollout, as the condition wants it.") var target: String?

  private enum Condition {
    case released, healthy, online
    case rollout(FlotillaV1.RolloutState)
  }

  func validate() throws {
    guard Duration(text: timeout) != nil else { throw ValidationError("--timeout: not a duration: \(timeout)") }
    let parsed = try parsed()
    let kind = Target(target ?? "").kind
    switch parsed {
    case .released where kind == .cluster: throw ValidationError("--for released: of an app, not of \(target ?? "")")
    case .online where kind == .app: throw ValidationError("--for online: of a cluster, not of \(target ?? "")")
    default: break
    }
    if case .released = parsed { return }
    guard commit == nil else { throw ValidationError("--commit goes with --for released alone") }
    guard target != nil else { throw ValidationError("--for \(condition): of what?") }
  }

  private func parsed() throws -> Condition {
    switch condition {
    case "released": return .released
    case "healthy": return .healthy
    case "online": return .online
    case let text where text.hasPrefix("rollout="):
      let name = text.dropFirst("rollout=".count).lowercased()
      let states: [FlotillaV1.RolloutState] = [
        .planned, .running, .paused, .succeeded, .failed, .superseded, .aborted, .rolledBack,
      ]
      guard let state = states.first(where: { "\($0)".lowercased() == name }) else {
        throw ValidationError("--for \(text): no rollout has such a state; there are \(states.map { "\($0)" })")
      }
      return .rollout(state)
    default: throw ValidationError("--for \(condition): wait for released, healthy, online or rollout=STATE")
    }
  }

  func run() async throws {
    let limit = Duration(text: timeout) ?? .zero
    let last = LastWord()
    let (hub, quiet, command) = (hub, quiet, self)
    let request = try await hub.withOperator { client in try await command.request(client) }
    let state = try await withThrowingTaskGroup(of: FlotillaV1.WaitState?.self) { group in
      group.addTask {
        try await hub.following(away: { await last.away($0) }) { client in
          try await client.waitFor(request) { progresses in
            for try await progress in progresses {
              if await last.hear(progress.reason), !quiet, progress.state == .waiting {
                StandardStreams.print(Terminal.harmless(progress.reason))
              }
              if progress.state != .waiting { return progress.state }
            }
            throw FleetError(.unavailable, "the hub ended the call")
          }
        }
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    let word = Terminal.harmless(await last.word)
    guard state == .met else {
      StandardStreams.complain(state == nil ? "not so after \(timeout): \(word)" : "hopeless: \(word)")
      throw ExitCode(1)
    }
    if !quiet { StandardStreams.print(word) }
  }

  private func request(_ client: FlotillaV1.OperatorClient) async throws -> FlotillaV1.WaitForRequest {
    let target = target ?? ""
    switch try parsed() {
    case .released: return .init(condition: .released(.init(commit: commit ?? "", app: Target(target).name)))
    case .online: return .init(condition: .onlineCluster(Target(target).name))
    case .healthy:
      let target = try await Target(target).found(client)
      return .init(condition: target.kind == .app ? .healthyApp(target.name) : .healthyCluster(target.name))
    case .rollout(let state):
      var which = RolloutArgument()
      which.rollout = target
      let id = try await which.find(client).rollout?.id ?? ""
      return .init(condition: .rollout(.init(which: .id(id), state: state)))
    }
  }
}

/// What is waited for, as it was told last.
private actor LastWord {
  private(set) var word = "nothing was heard of it"

  /// Whether that is news.
  func hear(_ word: String) -> Bool {
    defer { self.word = word }
    return word != self.word
  }

  func away(_ error: FleetError) { word = "the hub is away: \(error)" }
}

/// An app or a cluster by name; `app/NAME` and `cluster/NAME` say which.
struct Target {
  enum Kind { case app, cluster }

  var kind: Kind?
  var name: String

  init(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    switch parts.first {
    case "app" where parts.count == 2: (kind, name) = (.app, parts[1])
    case "cluster" where parts.count == 2: (kind, name) = (.cluster, parts[1])
    default: (kind, name) = (nil, text)
    }
  }

  /// The same with its kind: what is both an app and a cluster is the app.
  func found(_ client: FlotillaV1.OperatorClient) async throws -> Target {
    guard kind == nil else { return self }
    var found = self
    do throws(FleetError) {
      _ = try await client.getApp(.init(name: name, page: .init(size: 1)))
      found.kind = .app
    } catch {
      guard error.code.rawValue == "app-not-declared" else { throw error }
      found.kind = .cluster
    }
    return found
  }
}
