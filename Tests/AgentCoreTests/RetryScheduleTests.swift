import Testing

@testable import AgentCore

@Suite("What failed is tried again ever later, up to a bound")
struct RetryScheduleTests {
  private var schedule: RetrySchedule { RetrySchedule(first: .seconds(1), longest: .seconds(60)) }

  @Test("delays double until the bound")
  func doubling() {
    var schedule = schedule
    let delays = (0..<9).map { _ in schedule.failed(random: 1) }
    #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
  }

  @Test("chance spreads a delay between its half and its whole")
  func jitter() {
    var (low, middle) = (schedule, schedule)
    #expect(low.failed(random: 0) == .milliseconds(500))
    #expect(middle.failed(random: 0.5) == .milliseconds(750))
  }

  @Test("a chance outside of 0 to 1 does not lead outside of the bounds", arguments: [-5.0, 7.0, .infinity])
  func oddChance(random: Double) {
    var schedule = schedule
    let delay = schedule.failed(random: random)
    #expect(delay >= .milliseconds(500))
    #expect(delay <= .seconds(1))
  }

  @Test("a success starts over")
  func success() {
    var schedule = schedule
    for _ in 0..<5 { _ = schedule.failed(random: 1) }
    schedule.succeeded()
    #expect(schedule.failed(random: 1) == .seconds(1))
  }

  @Test("a month of failures stays at the bound")
  func manyFailures() {
    var schedule = schedule
    for _ in 0..<100_000 { _ = schedule.failed(random: 1) }
    #expect(schedule.failed(random: 1) == .seconds(60))
    #expect(schedule.failed(random: 0) == .seconds(30))
  }
}
