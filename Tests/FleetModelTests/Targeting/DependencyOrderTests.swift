import FleetModel
import Testing

@Suite("The order of apps that depend on each other")
struct DependencyOrderTests {
  @Test("an app comes after all that it depends on, directly or not")
  func places() {
    let places = DependencyOrder.places([
      "web": ["api", "ingress"], "api": ["database"], "database": [], "ingress": [], "alone": ["not-here"],
    ])
    #expect(places == ["database": 0, "ingress": 0, "alone": 0, "api": 1, "web": 2])
  }

  @Test("a circle shares a place, behind what it depends on and before what depends on it")
  func circles() {
    let graph = ["a": ["b"], "b": ["c"], "c": ["a", "base"], "base": [], "top": ["b"], "self": ["self"]]
    #expect(DependencyOrder.places(graph) == ["base": 0, "self": 0, "a": 1, "b": 1, "c": 1, "top": 2])
    #expect(DependencyOrder.cycles(graph) == [["a", "b", "c"], ["self"]])
    #expect(DependencyOrder.cycles(["a": ["b"], "b": [], "c": ["a", "b"]]) == [])
    #expect(DependencyOrder.places([:]) == [:])
  }

  @Test("random graphs: places agree with what reaches what, found by brute force")
  func random() {
    for seed in 0..<200 as Range<UInt64> {
      var generator = SplitMix(state: seed)
      let names = (0..<8).map { "app-\($0)" }
      var graph: [String: [String]] = [:]
      for name in names {
        graph[name] = names.filter { _ in Int.random(in: 0..<6, using: &generator) == 0 }
      }
      let reach = Self.reachability(graph)
      let places = DependencyOrder.places(graph)
      for (app, reached) in reach {
        for other in reached {
          let together = reach[other]?.contains(app) == true
          let (place, before) = (places[app] ?? -1, places[other] ?? -1)
          #expect(together ? place == before : place > before, "seed \(seed): \(app) \(other)")
        }
      }
      let onCycles = Set(reach.filter { $0.value.contains($0.key) }.map(\.key))
      #expect(Set(DependencyOrder.cycles(graph).joined()) == onCycles, "seed \(seed)")
    }
  }

  /// What each app leads to in one step or more.
  static func reachability(_ graph: [String: [String]]) -> [String: Set<String>] {
    var reach = graph.mapValues { Set($0) }
    for _ in graph {
      for (app, reached) in reach { reach[app] = reached.reduce(reached) { $0.union(reach[$1] ?? []) } }
    }
    return reach
  }

  @Test("a chain of ten thousand apps takes no stack")
  func longChain() {
    let graph = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("a\($0)", $0 == 0 ? [] : ["a\($0 - 1)"]) })
    #expect(DependencyOrder.places(graph)["a9999"] == 9_999)
    #expect(DependencyOrder.cycles(graph).isEmpty)
  }
}
