import Foundation
import Testing

@Suite("Every course of small cases")
struct ModelCheckTests {
  /// More for a night: `FLOTILLA_STATES=200000 swift test --filter ModelCheckTests`.
  static let states = ProcessInfo.processInfo.environment["FLOTILLA_STATES"].flatMap { Int($0) } ?? 800

  @Test(
    "no rule of the transition table is broken, and from every state an end can be reached",
    arguments: ModelConfiguration.all)
  func everyCourse(_ configuration: ModelConfiguration) throws {
    var explorer = ModelExplorer()
    try explorer.explore(configuration, within: ModelExplorer.Bounds(states: Self.states, depth: 60))
    print(
      "\(configuration): \(explorer.states) states, \(explorer.transitions) transitions, \(explorer.ends) ends, "
        + "depth \(explorer.depth)\(explorer.isComplete ? ", all there are" : "")")
    #expect(explorer.ends > 0)
  }
}
