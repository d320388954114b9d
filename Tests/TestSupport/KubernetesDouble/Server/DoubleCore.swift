import Foundation
import Manifests
import NIOCore
import NIOHTTP1
import Synchronization

/// The cluster's state behind a lock, and the connections that its watches write to.
///
/// A connection is only ever written to by a closure on its event loop, never inside the lock: a failed write may close
/// it, which comes back here.
final class DoubleCore: Sendable {
  private struct Guarded {
    var cluster: ClusterState
    var sinks: [Int: any Channel] = [:]
    var faults: [Int: Fault] = [:]
    var lastFault = 0
    var requests: [ReceivedRequest] = []
    /// What waits for the end of a pause, in order; nil while nothing is paused.
    var held: [@Sendable () -> Void]?
    /// The earliest time for which a wake-up is asked.
    var wakeUp: Date?
    var isSilent = false
  }

  let settings: DoubleSettings
  private let guarded: Mutex<Guarded>
  private let timerLoop: any EventLoop

  init(settings: DoubleSettings, timerLoop: any EventLoop) {
    self.settings = settings
    self.timerLoop = timerLoop
    var cluster = ClusterState(settings: settings)
    cluster.advance(to: Date())
    guarded = Mutex(Guarded(cluster: cluster))
  }

  /// Looks at the state, or changes it as the server itself would.
  func withCluster<Result: Sendable>(_ body: (inout sending ClusterState) -> Result) -> Result {
    let result = guarded.withLock { guarded in
      guarded.cluster.advance(to: Date())
      let result = body(&guarded.cluster)
      guarded.cluster.settle()
      flush(&guarded)
      return result
    }
    return result
  }

  /// Carries a request out and answers it on its connection, unless nobody is to hear the answer.
  func respond(
    to request: APIRequest, as number: Int, on channel: any Channel, keepAlive: Bool, isHeard: Bool = true
  ) {
    guarded.withLock { guarded in
      guarded.cluster.advance(to: Date())
      let response = guarded.cluster.handle(request)
      guarded.cluster.settle()
      if guarded.requests.indices.contains(number) { guarded.requests[number].status = response.status }
      let answer = Answer(response: response, isHead: request.method == "HEAD", keepAlive: keepAlive)
      if case .watch(let id) = response.body { guarded.sinks[id] = channel }
      if isHeard { send(&guarded) { answer.write(to: channel) } }
      flush(&guarded)
    }
  }

  /// Ends the watches of a connection that is closed.
  func forget(_ channel: any Channel) {
    guarded.withLock { guarded in
      for (id, sink) in guarded.sinks where sink === channel {
        guarded.sinks[id] = nil
        guarded.cluster.watches[id] = nil
      }
    }
  }

  /// Records a request; its number, and what shall go wrong with it.
  func receive(_ request: ReceivedRequest) -> (number: Int, effect: Fault.Effect?) {
    guarded.withLock { guarded in
      guarded.requests.append(request)
      let struck = guarded.faults.sorted { $0.key < $1.key }.first { $0.value.strikes(request) }
      if let struck, let count = struck.value.count {
        guarded.faults[struck.key]?.count = count - 1
        if count <= 1 { guarded.faults[struck.key] = nil }
      }
      return (guarded.requests.count - 1, struck?.value.effect)
    }
  }

  var requests: [ReceivedRequest] { guarded.withLock(\.requests) }

  func forgetRequests() { guarded.withLock { $0.requests = [] } }

  func add(_ fault: Fault) -> Int {
    guarded.withLock { guarded in
      guarded.lastFault += 1
      guarded.faults[guarded.lastFault] = fault
      return guarded.lastFault
    }
  }

  func removeFault(_ number: Int?) {
    guarded.withLock { guarded in
      if let number { guarded.faults[number] = nil } else { guarded.faults = [:] }
    }
  }

  /// From now on nothing is answered and nothing is sent, until it is resumed.
  func pause() { guarded.withLock { guarded in if guarded.held == nil { guarded.held = [] } } }

  func resume() {
    // What was held answers requests, and so needs the lock; what comes meanwhile is held behind it.
    while let actions = takeHeld() { for action in actions { action() } }
  }

  /// What is held; nil, and nothing is held any more, once there is none.
  private func takeHeld() -> [@Sendable () -> Void]? {
    guarded.withLock { guarded in
      guard let held = guarded.held, !held.isEmpty else {
        guarded.held = nil
        return nil
      }
      guarded.held = []
      return held
    }
  }

  /// Runs something now, or when a pause ends.
  func whenRunning(_ action: @escaping @Sendable () -> Void) {
    let runsNow = guarded.withLock { guarded in
      guarded.held?.append(action)
      return guarded.held == nil
    }
    if runsNow { action() }
  }

  var isSilent: Bool { guarded.withLock(\.isSilent) }

  /// From now on watches are sent nothing: the server is on its way out.
  func silence() { guarded.withLock { $0.isSilent = true } }

  /// What a server knows after a restart: its data, but not what happened before.
  func restart(keepingData: Bool) {
    guarded.withLock { guarded in
      if !keepingData { guarded.cluster = ClusterState(settings: settings) }
      guarded.cluster.forgetPast()
      guarded.sinks = [:]
      guarded.isSilent = false
      guarded.held = nil
      guarded.cluster.advance(to: Date())
    }
  }

  private func flush(_ guarded: inout sending Guarded) {
    for delivery in guarded.cluster.outbox {
      switch delivery {
      case .event(let id, let bytes):
        guard let channel = guarded.sinks[id], !guarded.isSilent else { continue }
        send(&guarded) { Answer.write(bytes, to: channel) }
      case .end(let id):
        guard let channel = guarded.sinks.removeValue(forKey: id) else { continue }
        send(&guarded) { Answer.end(channel) }
      }
    }
    guarded.cluster.outbox = []
    scheduleWakeUp(&guarded)
  }

  private func send(_ guarded: inout Guarded, _ action: @escaping @Sendable () -> Void) {
    if guarded.held != nil { guarded.held?.append(action) } else { action() }
  }

  private func scheduleWakeUp(_ guarded: inout Guarded) {
    guard let next = guarded.cluster.timers.next else { return }
    if let planned = guarded.wakeUp, planned <= next { return }
    guarded.wakeUp = next
    let nanoseconds = Int64(max(0, next.timeIntervalSinceNow) * 1e9) + 1
    timerLoop.scheduleTask(in: .nanoseconds(nanoseconds)) { [weak self] in self?.wakeUp() }
  }

  private func wakeUp() {
    guarded.withLock { guarded in
      guarded.wakeUp = nil
      guarded.cluster.advance(to: Date())
      flush(&guarded)
    }
  }
}
