import FleetModel
import RolloutEngine
import Testing

@testable import ReleasePipeline

@Suite("The limits of a check")
struct AnalysisTallyTests {
  /// What a check comes to with these measurements: `s`uccess, `f`ailure, `i`nconclusive, `e`rror; and after how many.
  private func verdict(_ letters: String, _ change: (inout Analysis) -> Void) -> (AnalysisResult.Outcome, Int)? {
    var check = Analysis(name: "errors", probe: .http(url: "http://x"))
    change(&check)
    var tally = AnalysisTally(check)
    for (index, letter) in letters.enumerated() {
      let measurement: AnalysisMeasurement =
        switch letter {
        case "s": .success("fine")
        case "f": .failure("broken")
        case "i": .inconclusive("who knows")
        default: .error("nobody there")
        }
      if let verdict = tally.record(measurement) { return (verdict.outcome, index + 1) }
    }
    return nil
  }

  @Test("one look decides unless more are asked for")
  func one() throws {
    #expect(try #require(verdict("s") { _ in }) == (.passed, 1))
    #expect(try #require(verdict("f") { _ in }) == (.failed, 1))
    #expect(try #require(verdict("i") { _ in }) == (.inconclusive, 1))
    #expect(try #require(verdict("sss") { $0.count = 3 }) == (.passed, 3))
  }

  @Test("failures and inconclusive looks are survived up to their limits")
  func limits() throws {
    #expect(try #require(verdict("fsfs") { ($0.count, $0.failureLimit) = (4, 2) }) == (.passed, 4))
    #expect(try #require(verdict("fsfsf") { ($0.count, $0.failureLimit) = (9, 2) }) == (.failed, 5))
    #expect(try #require(verdict("isis") { ($0.count, $0.inconclusiveLimit) = (4, 1) }) == (.inconclusive, 3))
    #expect(try #require(verdict("ff") { ($0.count, $0.failureLimit) = (2, 2) }) == (.passed, 2))
  }

  @Test("errors count only in a row, and are no measurements")
  func errors() throws {
    #expect(verdict("eeee") { _ in } == nil)
    #expect(try #require(verdict("eeeee") { _ in }) == (.failed, 5))
    #expect(try #require(verdict("eeeeseeees") { $0.count = 2 }) == (.passed, 10))
  }
}
