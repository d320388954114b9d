import AgentCore
import FleetModel
import Manifests
import Synchronization
import Testing

@testable import KubernetesTarget

@Suite("What is unwell is looked at until it is well, soon and then less often")
struct InquiriesTests {
  /// What was looked at, and what the looks are to find.
  private final class Looks: Sendable {
    private let state = Mutex<(names: [String], found: [HealthVerdict?])>(([], []))

    init(finding found: [HealthVerdict?] = []) { state.withLock { $0.found = found } }

    var names: [String] { state.withLock(\.names) }

    func look(at subject: Inquiries.Subject) -> HealthVerdict? {
      state.withLock { state in
        state.names.append(subject.id.name)
        return state.found.isEmpty ? nil : state.found.removeFirst()
      }
    }
  }

  private func running(
    _ schedule: RetrySchedule, _ looks: Looks, _ body: (Inquiries) async throws -> Void
  ) async throws {
    let inquiries = Inquiries(schedule: schedule, now: { .now }, random: { 0 })
    let task = Task { await inquiries.run { looks.look(at: $0) } }
    do {
      try await body(inquiries)
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    await task.value
  }

  private func subject(_ name: String, _ verdict: HealthVerdict = .progressing("starting")) -> Inquiries.Subject {
    Inquiries.Subject(
      id: ObjectID(group: "apps", kind: "Deployment", namespace: "default", name: name), resource: deployments,
      verdict: verdict)
  }

  private let soon = RetrySchedule(first: .milliseconds(10), longest: .milliseconds(20))
  private let late = RetrySchedule(first: .seconds(3_600), longest: .seconds(3_600))

  @Test("again and again while there is something to look at, then no more")
  func untilWell() async throws {
    let looks = Looks(finding: [.progressing("starting"), .degraded("broken"), nil])
    try await running(soon, looks) { inquiries in
      inquiries.ask(about: subject("web"))
      try await eventually("it is done") { inquiries.count == 0 }
      #expect(looks.names == ["web", "web", "web"])
    }
  }

  @Test("a verdict that changes by time alone is looked at then, however seldom looks are")
  func changesByItself() async throws {
    let looks = Looks()
    try await running(late, looks) { inquiries in
      inquiries.ask(about: subject("patient"))
      var verdict = HealthVerdict.progressing("not placed")
      verdict.changesAt = .now + .milliseconds(50)
      inquiries.ask(about: subject("due", verdict))
      try await eventually("it is looked at") { looks.names == ["due"] }
      #expect(inquiries.count == 1)
    }
  }

  @Test("asking again with the same verdict changes nothing; the number asked about is bounded")
  func bounded() async throws {
    let inquiries = Inquiries(schedule: late, now: { .now }, random: { 0 })
    for _ in 0..<2 {
      for number in 0..<(HealthLimits.inquiries + 10) { inquiries.ask(about: subject("web-\(number)")) }
    }
    #expect(inquiries.count == HealthLimits.inquiries)
  }

  @Test("all get their turn, those first that have waited longest")
  func turns() async throws {
    let looks = Looks()
    try await running(soon, looks) { inquiries in
      let names = (10..<30).map { "web-\($0)" }
      for name in names { inquiries.ask(about: subject(name)) }
      try await eventually("all were looked at") { looks.names.count == names.count }
      #expect(Set(looks.names) == Set(names))
    }
  }
}
