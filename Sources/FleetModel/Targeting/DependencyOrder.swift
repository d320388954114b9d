/// The order in which apps are applied on a cluster: an app after those it depends on.
public enum DependencyOrder {
  /// The place of each app, counted from 0: behind all that it depends on. Apps of one place are applied in any order.
  ///
  /// Dependencies that are not among the apps are passed over. Apps in a circle, which no commit declares but apps of
  /// different commits may make together, share a place.
  /// - Parameter dependencies: of each app the apps it depends on.
  public static func places(_ dependencies: [String: [String]]) -> [String: Int] {
    var places: [String: Int] = [:]
    for component in components(dependencies) {
      // Those of the component itself have no place yet.
      let before = component.flatMap { dependencies[$0] ?? [] }.compactMap { places[$0] }
      let place = before.max().map { $0 + 1 } ?? 0
      for app in component { places[app] = place }
    }
    return places
  }

  /// The apps that depend on each other in a circle, by name; the circles in the order of their first names.
  public static func cycles(_ dependencies: [String: [String]]) -> [[String]] {
    components(dependencies)
      .filter { $0.count > 1 || dependencies[$0[0]]?.contains($0[0]) == true }
      .sorted { $0[0] < $1[0] }
  }

  /// The strongly connected components by Kosaraju's algorithm, each sorted; a component comes after those that it
  /// depends on.
  private static func components(_ dependencies: [String: [String]]) -> [[String]] {
    var finished: [String] = []
    var seen: Set<String> = []
    for app in dependencies.keys.sorted() { walk(from: app, dependencies, &seen, &finished) }
    let dependents = reversed(dependencies)
    var components: [[String]] = []
    seen = []
    for app in finished.reversed() {
      var component: [String] = []
      walk(from: app, dependents, &seen, &component)
      if !component.isEmpty { components.append(component.sorted()) }
    }
    return components.reversed()
  }

  /// Adds what is reachable and was not seen before, each app after what it leads to. Not recursive: chains are as long
  /// as a repository makes them.
  private static func walk(
    from start: String, _ edges: [String: [String]], _ seen: inout Set<String>, _ finished: inout [String]
  ) {
    guard let first = edges[start], seen.insert(start).inserted else { return }
    var path = [(app: start, rest: first[...])]
    while var last = path.popLast() {
      guard let next = last.rest.popFirst() else {
        finished.append(last.app)
        continue
      }
      path.append(last)
      if let further = edges[next], seen.insert(next).inserted { path.append((next, further[...])) }
    }
  }

  private static func reversed(_ edges: [String: [String]]) -> [String: [String]] {
    var reversed = edges.mapValues { _ in [String]() }
    for (app, needed) in edges {
      for other in needed where edges[other] != nil { reversed[other, default: []].append(app) }
    }
    return reversed
  }
}
