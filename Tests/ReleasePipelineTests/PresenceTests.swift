import FleetModel
import Testing

@testable import ReleasePipeline

@Suite("Who is online")
struct PresenceTests {
  private func instant(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_700_000_000 + seconds) }

  private func uid(_ text: String) throws -> ClusterUID { try #require(ClusterUID(text)) }

  @Test("a cluster is online with its first session, and offline 20 seconds after its last one, no sooner")
  func grace() throws {
    var tracker = PresenceTracker()
    let cluster = try uid("c-1")
    #expect(tracker.sessionBegan(cluster) == .cameOnline(cluster))
    #expect(tracker.sessionBegan(cluster) == nil)
    tracker.sessionEnded(cluster, at: instant(0))
    #expect(tracker.nextDue == instant(20))
    #expect(tracker.timePassed(to: instant(19)) == [])
    #expect(tracker.isOnline(cluster))
    #expect(tracker.timePassed(to: instant(20)) == [.wentOffline(cluster)])
    #expect(!tracker.isOnline(cluster))
    #expect(tracker.nextDue == nil)
    #expect(tracker.sessionBegan(cluster) == .cameOnline(cluster))
  }

  @Test("one that comes back within the grace was never away")
  func hiccup() throws {
    var tracker = PresenceTracker()
    let cluster = try uid("c-1")
    _ = tracker.sessionBegan(cluster)
    tracker.sessionEnded(cluster, at: instant(0))
    #expect(tracker.sessionBegan(cluster) == nil)
    #expect(tracker.timePassed(to: instant(100)) == [])
    #expect(tracker.isOnline(cluster))
  }

  @Test("a session that replaces another ends nothing when the other one ends")
  func replaced() async throws {
    let (changes, change) = AsyncStream.makeStream(of: AgentSessions.Change.self)
    let sessions = AgentSessions { change.yield($0) }
    let cluster = try uid("c-1")
    let first = sessions.begin(cluster)
    let second = sessions.begin(cluster)
    var told: [AgentSessions.Message] = []
    for await message in first.messages { told.append(message) }
    #expect(told == [.closing(.replaced)])
    sessions.end(cluster, number: first.number)
    #expect(sessions.isConnected(cluster))
    sessions.end(cluster, number: second.number)
    change.finish()
    var seen: [AgentSessions.Change] = []
    for await change in changes { seen.append(change) }
    #expect(seen == [.connected(cluster), .disconnected(cluster)])
  }
}
