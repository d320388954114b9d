import FleetModel
import Manifests
import Programs
import Synchronization

/// What befell an agent.
enum AgentEvent: Sendable, Hashable {
  case enrolled(uid: String)
  case connected
  case disconnected(reason: String)
  case told
  case accepted(bundle: String)
  case looked
  case applied(app: String)
  case reported(seq: String)
  case acknowledged(seq: String)
  /// A bundle or a report that somebody did not take, or anything else that ought not to happen.
  case trouble(reason: String)
}

/// Lines of JSON on standard output: what befell which agent when, and how many are how far.
final class EventLines: Sendable {
  enum Choice: String, CaseIterable, Sendable { case all, trouble }

  private struct State {
    var tally = Tally()
    var printed: Tally?
  }

  private let choice: Choice
  private let state = Mutex(State())

  init(_ choice: Choice) { self.choice = choice }

  /// Says how many agents there are to be.
  func expect(_ agents: Int) { state.withLock { $0.tally.agents = agents } }

  func note(_ event: AgentEvent, of cluster: String) {
    state.withLock { $0.tally.note(event, of: cluster) }
    guard choice == .all || event.isTrouble else { return }
    var line: Object = ["event": .string(event.name), "time": .integer(Timestamp.now.milliseconds)]
    line["cluster"] = .string(cluster)
    if let (key, value) = event.detail { line[key] = .string(value) }
    StandardStreams.print(JSON.compact(.object(line)) + [0x0a])
  }

  /// Prints how many are how far once a second, when that has changed, until the task is cancelled.
  func summarize() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let news = state.withLock { state -> Tally? in
        guard state.printed != state.tally else { return nil }
        state.printed = state.tally
        return state.tally
      }
      if let news { StandardStreams.print(JSON.compact(news.line(at: .now)) + [0x0a]) }
    }
  }
}

/// How many agents are how far.
struct Tally: Equatable {
  var agents = 0
  private var enrolled = 0
  private var connected: Set<String> = []
  /// Connected, and the hub has taken a report since.
  private var acknowledged: Set<String> = []
  /// Connected, and what is published for them was looked at since.
  private var looked: Set<String> = []
  private var applied = 0
  private var troubles = 0

  mutating func note(_ event: AgentEvent, of cluster: String) {
    switch event {
    case .enrolled: enrolled += 1
    case .connected:
      connected.insert(cluster)
    case .disconnected:
      connected.remove(cluster)
      acknowledged.remove(cluster)
      looked.remove(cluster)
    case .acknowledged: acknowledged.insert(cluster)
    case .looked: looked.insert(cluster)
    case .accepted: looked.insert(cluster)
    case .applied: applied += 1
    case .trouble: troubles += 1
    case .told, .reported: break
    }
  }

  func line(at instant: Timestamp) -> Value {
    func number(_ count: Int) -> Value { .integer(Int64(count)) }
    return [
      "event": "summary", "time": .integer(instant.milliseconds), "agents": number(agents),
      "enrolled": number(enrolled), "connected": number(connected.count),
      "synced": number(acknowledged.intersection(looked).count), "applied": number(applied),
      "troubles": number(troubles),
    ]
  }
}

extension AgentEvent {
  fileprivate var isTrouble: Bool {
    switch self {
    case .disconnected, .trouble: true
    default: false
    }
  }

  fileprivate var name: String {
    switch self {
    case .enrolled: "enrolled"
    case .connected: "connected"
    case .disconnected: "disconnected"
    case .told: "told"
    case .accepted: "accepted"
    case .looked: "looked"
    case .applied: "applied"
    case .reported: "reported"
    case .acknowledged: "acknowledged"
    case .trouble: "trouble"
    }
  }

  fileprivate var detail: (String, String)? {
    switch self {
    case .connected, .told, .looked: nil
    case .enrolled(let uid): ("uid", uid)
    case .disconnected(let reason), .trouble(let reason): ("reason", reason)
    case .accepted(let bundle): ("bundle_seq", bundle)
    case .applied(let app): ("app", app)
    case .reported(let seq), .acknowledged(let seq): ("seq", seq)
    }
  }
}
