import FleetModel
import Testing

@testable import ReleasePipeline

@Suite("A pull of many blobs is told of once in a while")
struct PullPaceTests {
  @Test("the first time, and then when a second has passed; each cluster by itself")
  func paced() throws {
    let pace = PullPace()
    let (one, two) = (try #require(ClusterUID("c-1")), try #require(ClusterUID("c-2")))
    func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
    #expect(pace.isDue(one, at: at(10_000)))
    #expect(!pace.isDue(one, at: at(10_000)))
    #expect(!pace.isDue(one, at: at(10_999)))
    #expect(pace.isDue(two, at: at(10_999)))
    #expect(pace.isDue(one, at: at(11_000)))
    #expect(!pace.isDue(one, at: at(11_500)))
    // A clock that was set back silences nobody.
    #expect(pace.isDue(one, at: at(5_000)))
  }
}
