import FleetModel
import Testing

@testable import ReleasePipeline

@Suite("What waits for the pipeline is not done twice")
struct PipelineWorkTests {
  private func amendment(_ number: Int) throws -> PipelineWork.Amendment {
    PipelineWork.Amendment(
      cluster: try #require(ClusterUID("c-\(String(repeating: "0", count: 19))\(number)")), app: "web", commit: "1")
  }

  @Test("clusters that join one after the other are rendered together, before all is rendered again")
  func joining() async throws {
    let work = PipelineWork()
    work.add(.collect)
    for number in 1...5 {
      work.add(.amend([try amendment(number)]))
      work.add(.renderAgain)
    }
    work.add(.collect)
    #expect(await work.next()?.name == "collect")
    guard case .amend(let amendments) = await work.next() else { return #expect(Bool(false), "no amendments") }
    #expect(amendments == (try (1...5).map(amendment)))
    #expect(await work.next()?.name == "render again")
    work.add(.renderAgain)
    #expect(await work.next()?.name == "render again")
  }

  @Test("nothing to amend is nothing to do, and who waits is let go when its task is cancelled")
  func nothing() async throws {
    let work = PipelineWork()
    work.add(.amend([]))
    let waiting = Task { await work.next()?.name }
    waiting.cancel()
    #expect(await waiting.value == nil)
  }
}

extension PipelineWork.Item {
  fileprivate var name: String {
    switch self {
    case .sourceLooked: "source looked"
    case .renderAgain: "render again"
    case .collect: "collect"
    case .amend: "amend"
    }
  }
}
