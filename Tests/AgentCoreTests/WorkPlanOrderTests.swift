import Testing

@testable import AgentCore

@Suite("Of many apps that may begin those come first whose names do")
struct WorkPlanOrderTests {
  @Test("what drifted first, then the pass, each by name, a thousand apps to their end")
  func thousand() {
    var plan = WorkPlan()
    let names = (0..<1_000).map { "app-\($0)" }
    plan.beginPass(Dictionary(uniqueKeysWithValues: names.map { ($0, 0) }))
    plan.apply("app-77", isUrgent: true)
    plan.apply("app-5", isUrgent: true)
    var begun: [String] = []
    var jobs = plan.next()
    while !jobs.isEmpty {
      for case .apply(let name) in jobs { begun.append(name) }
      jobs.forEach { plan.finished($0) }
      jobs = plan.next()
    }
    #expect(begun == ["app-5", "app-77"] + names.sorted().filter { $0 != "app-5" && $0 != "app-77" })
    #expect(plan.isIdle)
  }
}
