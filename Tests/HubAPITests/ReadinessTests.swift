import Testing

@testable import flotilla_hub

@Suite("What keeps a hub from being ready")
struct ReadinessTests {
  @Test("is named, one line for each, until nothing is left")
  func needs() {
    let readiness = Readiness()
    #expect(readiness.obstacles.count == Readiness.Need.allCases.count)
    for need in Readiness.Need.allCases {
      #expect(!readiness.isReady && readiness.obstacles.contains(need.rawValue))
      readiness.has(need)
      #expect(!readiness.obstacles.contains(need.rawValue))
    }
    #expect(readiness.isReady)
  }

  @Test("is its stopping, whatever there is else")
  func stopping() {
    let readiness = Readiness()
    for need in Readiness.Need.allCases { readiness.has(need) }
    readiness.stop()
    #expect(readiness.obstacles == ["the hub is stopping"])
  }
}
