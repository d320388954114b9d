import AgentCore
import FleetModel
import Testing

@testable import DirectoryTarget

@Suite("When an app is asked about, and how long an answer holds")
struct ProbeScheduleTests {
  private let start = ContinuousClock.now
  private var schedule = ProbeSchedule()

  private let healthy = AppObservation(objects: [])
  private let progressing = AppObservation(
    objects: [], overall: .init(health: .progressing, isBlocking: true, reason: "it starts"))

  private func after(_ time: Duration) -> ContinuousClock.Instant { start + time }

  private mutating func answer(_ observation: AppObservation, after time: Duration) throws {
    let question = try #require(schedule.begin(at: after(time)).first)
    schedule.ended(question, observation, isAnswer: true, at: after(time))
  }

  @Test("a new app is asked about at once and Unknown until the answer; then the answer is shown")
  mutating func first() throws {
    let app = try Site.app("one")
    #expect(schedule.observe(app, at: start).overall?.health == .unknown)
    #expect(schedule.idle(at: start) == .zero)
    let question = try #require(schedule.begin(at: start).first)
    #expect(schedule.begin(at: start).isEmpty)
    #expect(schedule.changed(at: start).isEmpty)
    schedule.ended(question, progressing, isAnswer: true, at: start)
    #expect(schedule.changed(at: start) == ["shop"])
    #expect(schedule.observe(app, at: start) == progressing)
    #expect(schedule.changed(at: start).isEmpty)
  }

  @Test("it is asked about again soon while it is not healthy, and seldom once it is")
  mutating func intervals() throws {
    _ = schedule.observe(try Site.app("one"), at: start)
    try answer(progressing, after: .zero)
    #expect(schedule.idle(at: start) == ProbeSchedule.eagerInterval)
    try answer(healthy, after: ProbeSchedule.eagerInterval)
    #expect(schedule.idle(at: after(ProbeSchedule.eagerInterval)) == ProbeSchedule.calmInterval)
    #expect(schedule.begin(at: after(ProbeSchedule.calmInterval)).isEmpty)
    #expect(schedule.begin(at: after(ProbeSchedule.calmInterval + ProbeSchedule.eagerInterval)).count == 1)
  }

  @Test("whoever has just worked on a healthy app has it asked about soon, but not ever faster")
  mutating func sooner() throws {
    let app = try Site.app("one")
    _ = schedule.observe(app, at: start)
    try answer(healthy, after: .zero)
    for _ in 0..<3 { #expect(schedule.observe(app, at: start) == healthy) }
    #expect(schedule.idle(at: start) == ProbeSchedule.eagerInterval)
  }

  @Test("a probe that gives no answer is asked ever more seldom, up to a bound, until it answers")
  mutating func failing() throws {
    let app = try Site.app("one")
    var now = start
    _ = schedule.observe(app, at: now)
    var waits: [Duration] = []
    for number in 0..<6 {
      let question = try #require(schedule.begin(at: now).first)
      schedule.ended(question, .unknown("attempt \(number)"), isAnswer: false, at: now)
      _ = schedule.observe(app, at: now)
      waits.append(schedule.idle(at: now))
      now += schedule.idle(at: now)
    }
    #expect(waits.first == ProbeSchedule.eagerInterval)
    #expect(waits == waits.sorted())
    #expect(waits.last == ProbeSchedule.failingInterval)
    try answer(progressing, after: start.duration(to: now))
    #expect(schedule.idle(at: now) == ProbeSchedule.eagerInterval)
  }

  @Test("an answer about what the app was before is dropped, also when it is the same again")
  mutating func outdated() throws {
    let (one, two) = (try Site.app("one"), try Site.app("two"))
    _ = schedule.observe(one, at: start)
    let question = try #require(schedule.begin(at: start).first)
    _ = schedule.observe(two, at: start)
    _ = schedule.observe(one, at: start)
    schedule.ended(question, healthy, isAnswer: true, at: start)
    #expect(schedule.observe(one, at: start).overall?.health == .unknown)
    #expect(schedule.begin(at: start).count == 1)
  }

  @Test("an answer that none follows is evidence of nothing after a while, and that is told")
  mutating func stale() throws {
    let app = try Site.app("one")
    _ = schedule.observe(app, at: start)
    try answer(healthy, after: .zero)
    #expect(schedule.observe(app, at: start) == healthy)
    #expect(schedule.begin(at: after(ProbeSchedule.calmInterval)).count == 1)
    let end = after(ProbeSchedule.validity)
    #expect(schedule.changed(at: end - .milliseconds(1)).isEmpty)
    #expect(schedule.idle(at: end - .milliseconds(1)) == .milliseconds(1))
    #expect(schedule.changed(at: end) == ["shop"])
    #expect(schedule.idle(at: end) > .zero)
    #expect(schedule.observe(app, at: end).overall?.reason.contains("has not answered for") == true)
  }

  @Test("answers that hang leave room for those who have waited longest, and no more at once than the bound")
  mutating func bounded() throws {
    let apps = try (0..<ProbeSchedule.questions + 3).map { try Site.app("one", named: "app-\($0)") }
    for (index, app) in apps.enumerated() { _ = schedule.observe(app, at: after(.milliseconds(index))) }
    let now = after(.seconds(1))
    let questions = schedule.begin(at: now)
    #expect(questions.map(\.app.name) == apps.prefix(ProbeSchedule.questions).map(\.name))
    #expect(schedule.begin(at: now).isEmpty)
    #expect(schedule.idle(at: now) > .zero)
    schedule.ended(try #require(questions.first), progressing, isAnswer: true, at: now)
    let later = now + .seconds(1)
    #expect(schedule.begin(at: later).map(\.app.name) == [apps[ProbeSchedule.questions].name])
    schedule.dropped(questions[1], at: later)
    #expect(schedule.begin(at: later).map(\.app.name) == [apps[ProbeSchedule.questions + 1].name])
  }

  @Test("an app that is gone is asked about no more, and a late answer does not bring it back")
  mutating func gone() throws {
    _ = schedule.observe(try Site.app("one"), at: start)
    let question = try #require(schedule.begin(at: start).first)
    schedule.keep(["other"])
    schedule.ended(question, progressing, isAnswer: true, at: start)
    #expect(schedule.names.isEmpty)
    #expect(schedule.changed(at: start).isEmpty)
    #expect(schedule.begin(at: after(.seconds(60))).isEmpty)
  }
}
