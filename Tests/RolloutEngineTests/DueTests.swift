import Digests
import FleetModel
import Manifests
import Testing

@testable import RolloutEngine

@Suite("What falls due at once")
struct DueTests {
  @Test("one event does no more than its limit, of whole apps, and asks to be woken at once for the rest")
  func oneEventDoesSoMuch() throws {
    var teller = try Self.soaking()
    teller.engine.dueLimit = 2
    let now = try #require(teller.engine.nextWake)
    var moved: [[String]] = []
    for _ in 0..<3 {
      let outcome = teller.engine.handle(.timePassed, at: now)
      moved.append(outcome.transitions.filter { $0.to == "Soaked" }.map { "\($0.subject)" })
      let isLast = moved.count == 3
      #expect(outcome.actions.contains(.wake(at: now)) != isLast)
      #expect((teller.engine.nextWake == now) != isLast)
    }
    #expect(moved.map(\.count) == [3, 3, 3])
    #expect(teller.engine.appStatuses.allSatisfy { $0.rollout?.state == .succeeded })
    #expect(teller.engine.handle(.timePassed, at: now).entry == nil)
  }

  @Test("an engine restored between two of them goes on with the rest")
  func aRestoredEngineGoesOn() throws {
    var teller = try Self.soaking()
    teller.engine.dueLimit = 1
    let now = try #require(teller.engine.nextWake)
    _ = teller.engine.handle(.timePassed, at: now)
    var restored = try RolloutEngine(snapshot: teller.engine.snapshot)
    restored.dueLimit = 1
    #expect(restored.nextWake == now)
    for _ in 0..<2 {
      #expect(restored.handle(.timePassed, at: now).entry == teller.engine.handle(.timePassed, at: now).entry)
    }
    #expect(restored.snapshot == teller.engine.snapshot)
  }

  @Test("a deadline that was moved is not waited for")
  func aMovedDeadlineIsNotWaitedFor() throws {
    var teller = Storyteller()
    _ = try teller.play(["fleet dev: a", "pipeline dev(soak=1h pull=5m)", "commit c1 web *=v1"])
    let pull = try #require(teller.engine.nextWake)
    _ = try teller.play(["pulled a", "healthy a"])
    #expect(teller.engine.nextWake.map { $0 > pull } == true)
  }

  /// Three apps on three clusters, all of whose soaks end in the same instant.
  private static func soaking() throws -> Storyteller {
    var teller = Storyteller()
    _ = try teller.play([
      "fleet dev: a b c", "pipeline dev(waves=100% soak=10s)", "commit c1 api *=a1", "commit c1 job *=j1",
      "commit c1 web *=w1", "healthy a b c",
    ])
    return teller
  }
}
