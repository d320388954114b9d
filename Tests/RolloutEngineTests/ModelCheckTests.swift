import Foundation
import Testing

@Suite("Every course of small cases")
struct ModelCheckTests {
  /// Fewer, for an answer at once: `FLOTILLA_STATES=800 swift test --filter ModelCheckTests`.
  static let givenStates = ProcessInfo.processInfo.environment["FLOTILLA_STATES"].flatMap { Int($0) }
  /// More than any of the cases has, and few enough to end in minutes should one of them grow.
  static let allStates = 40_000

  @Test(
    "no rule of the transition table is broken, and from every state an end can be reached",
    arguments: ModelConfiguration.all)
  func everyCourse(_ configuration: ModelConfiguration) throws {
    var explorer = ModelExplorer()
    let bounds = ModelExplorer.Bounds(states: Self.givenStates ?? Self.allStates, depth: 60)
    try explorer.explore(configuration, within: bounds)
    print(
      "\(configuration): \(explorer.states) states, \(explorer.transitions) transitions, \(explorer.ends) ends, "
        + "depth \(explorer.depth)\(explorer.isComplete ? ", all there are" : "")")
    #expect(explorer.ends > 0)
    #expect(explorer.isComplete || Self.givenStates != nil, "the case has grown: some of its states were not explored")
  }
}
