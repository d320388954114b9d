import Testing

@testable import AgentCore

@Suite("Several apps are worked on at once, in the order of their dependencies")
struct WorkPlanTests {
  private typealias Job = WorkPlan.Job

  private func pass(_ orders: [String: Int]) -> WorkPlan {
    var plan = WorkPlan()
    plan.beginPass(orders)
    return plan
  }

  private func finish(_ jobs: [Job], _ plan: inout WorkPlan) { for job in jobs { plan.finished(job) } }

  @Test("apps of one order begin together, those of the next when all before them are done, deletions last")
  func layers() {
    var plan = pass(["a": 0, "b": 0, "c": 1])
    #expect(plan.next() == [.apply("a"), .apply("b")])
    plan.finished(.apply("a"))
    #expect(plan.next() == [.observe("a")])
    finish([.observe("a"), .apply("b")], &plan)
    #expect(plan.next() == [.apply("c"), .observe("b")])
    finish([.observe("b"), .apply("c")], &plan)
    #expect(plan.next() == [.observe("c"), .delete])
    #expect(!plan.isIdle)
    finish([.observe("c"), .delete], &plan)
    #expect(plan.isIdle && plan.next().isEmpty)
  }

  @Test("no more than the limit at once")
  func bounded() {
    let names = (10..<40).map { "app-\($0)" }
    var plan = pass(Dictionary(uniqueKeysWithValues: names.map { ($0, 0) }))
    let first = plan.next()
    #expect(first == names.prefix(WorkPlan.appliesAtOnce).map { .apply($0) })
    #expect(plan.next().isEmpty)
    plan.finished(.apply("app-10"))
    #expect(plan.next() == [.apply("app-18"), .observe("app-10")])
  }

  @Test("what drifted waits for no other app, but never runs twice at once")
  func urgent() {
    var plan = pass(["a": 0, "b": 1])
    #expect(plan.next() == [.apply("a")])
    plan.apply("b", isUrgent: true)
    #expect(plan.next() == [.apply("b")])
    plan.apply("b", isUrgent: true)
    #expect(plan.next().isEmpty)
    plan.finished(.apply("b"))
    #expect(plan.next() == [.apply("b"), .observe("b")])
  }

  @Test("an app that is not applied yet keeps its place in the pass when it is told of")
  func notUrgent() {
    var plan = pass(["a": 0, "b": 1])
    #expect(plan.next() == [.apply("a")])
    plan.apply("b", isUrgent: false)
    #expect(plan.next().isEmpty)
  }

  @Test("an app is observed while it is applied, and once at a time")
  func observing() {
    var plan = pass(["a": 0])
    #expect(plan.next() == [.apply("a")])
    plan.observe("a")
    #expect(plan.next() == [.observe("a")])
    plan.observe("a")
    #expect(plan.next().isEmpty)
    plan.finished(.observe("a"))
    #expect(plan.next() == [.observe("a")])
  }

  @Test("nothing is deleted while an app of the pass is not done, and one deletion at a time")
  func deletions() {
    var plan = pass(["a": 0])
    plan.delete()
    #expect(plan.next() == [.apply("a")])
    finish([.apply("a")], &plan)
    #expect(plan.next() == [.observe("a"), .delete])
    plan.delete()
    #expect(plan.next().isEmpty)
    plan.finished(.delete)
    #expect(plan.next() == [.delete])
  }
}
