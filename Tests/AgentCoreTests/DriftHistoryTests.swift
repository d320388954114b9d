import FleetModel
import Testing

@testable import AgentCore

@Suite("A fight over an object is seen, said once and slowed down")
struct DriftHistoryTests {
  private let object = Fixtures.id("a")
  private let other = Fixtures.id("b")
  private let start = Timestamp(seconds: 1_800_000_000)

  /// A history in which the object was just corrected for the sixth time in six seconds, at the instant given with it.
  private func fight() -> (history: DriftHistory, now: Timestamp, begun: [Bool]) {
    var history = DriftHistory()
    var begun: [Bool] = []
    for second in 0...5 {
      begun.append(!history.corrected([object], at: start + .seconds(second)).isEmpty)
    }
    return (history, start + .seconds(5), begun)
  }

  @Test("the sixth correction within a minute is a fight, and no earlier one")
  func alarm() {
    #expect(fight().begun == [false, false, false, false, false, true])
  }

  @Test("a fight that goes on is said once only, at the pace to which healing slows down")
  func alarmOnce() {
    var (history, now, _) = fight()
    var again = 0
    for _ in 0..<20 {
      // A correction comes a little after its pause is over, never at that very instant.
      now = now + DriftHistory.pause + .milliseconds(150)
      again += history.corrected([object], at: now).count
    }
    #expect(again == 0)
  }

  @Test("during a fight the object is left alone for ten seconds after each correction")
  func slowsDown() {
    let (history, now, _) = fight()
    #expect(history.pausedUntil(object, at: now) == now + .seconds(10))
    #expect(history.pausedUntil(object, at: now + .milliseconds(9_999)) == now + .seconds(10))
    #expect(history.pausedUntil(object, at: now + .seconds(10)) == nil)
  }

  @Test("other objects are healed at once meanwhile")
  func othersUntouched() {
    var (history, now, _) = fight()
    #expect(history.corrected([other], at: now).isEmpty)
    #expect(history.pausedUntil(other, at: now) == nil)
  }

  @Test("corrections spread over more than a minute are no fight")
  func spreadOut() {
    var history = DriftHistory()
    for turn in 0..<30 {
      #expect(history.corrected([object], at: start + .seconds(13 * turn)).isEmpty)
    }
    #expect(history.pausedUntil(object, at: start + .seconds(13 * 29)) == nil)
  }

  @Test("after a quiet minute the fight is over, and a new one is said again")
  func overAfterQuiet() {
    var (history, now, _) = fight()
    now = now + .seconds(61)
    #expect(history.corrected([object], at: now).isEmpty)
    #expect(history.pausedUntil(object, at: now) == nil)
    for _ in 0..<4 { #expect(history.corrected([object], at: now).isEmpty) }
    #expect(history.corrected([object], at: now) == [object])
  }
}
