import Testing

@testable import GitSource

@Suite("When to look at a repository next")
struct PollScheduleTests {
  private let settings = PollSettings(
    interval: .seconds(100), jitter: 0.1, longestBackoff: .seconds(300), minimumGap: .seconds(1))

  @Test("the wait is the interval, shortened or lengthened by the jitter")
  func jitter() {
    var schedule = PollSchedule(settings)
    #expect(schedule.succeeded(random: 0) == .init(atLeast: .seconds(1), atMost: .seconds(90)))
    #expect(schedule.succeeded(random: 0.5) == .init(atLeast: .seconds(1), atMost: .seconds(100)))
    #expect(schedule.succeeded(random: 0.75) == .init(atLeast: .seconds(1), atMost: .seconds(105)))
  }

  @Test("each failure in a row doubles the wait up to the longest, and a success ends that")
  func backoff() {
    var schedule = PollSchedule(settings)
    let waits = (0..<5).map { _ in schedule.failed(random: 0.5).atMost }
    #expect(waits == [100, 200, 300, 300, 300].map { .seconds($0) })
    #expect(schedule.succeeded(random: 0.5).atMost == .seconds(100))
    #expect(schedule.failed(random: 0.5).atMost == .seconds(100))
  }

  @Test("no settings and no random number make the wait negative or longer than twice the interval")
  func strangeSettings() {
    for jitter in [-1, 0, 1, 7.5, Double.nan] {
      for random in [-3, 0, 0.999, 2.0] {
        var schedule = PollSchedule(PollSettings(interval: .seconds(10), jitter: jitter, minimumGap: .seconds(-5)))
        let wait = schedule.succeeded(random: random)
        #expect(wait.atLeast >= .zero)
        #expect(wait.atMost >= wait.atLeast)
        #expect(wait.atMost <= .seconds(20))
      }
    }
  }

  @Test("a thousand failures neither overflow nor wait longer")
  func manyFailures() {
    var schedule = PollSchedule(settings)
    for _ in 0..<1_000 { _ = schedule.failed(random: 0) }
    #expect(schedule.failed(random: 0.5).atMost == .seconds(300))
  }
}
