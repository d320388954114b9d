@testable import RolloutRules

/// Follows every course of a small case, broadly before deeply, and takes a state that it has seen before for the same.
struct ModelExplorer {
  /// Where a run of the exploration stops: what lies further away is followed to one end alone.
  struct Bounds {
    var states: Int
    var depth: Int
  }

  private struct Node {
    var parent: Int?
    var move: ModelMove?
    var depth: Int
    var isEnd: Bool
    var isExpanded = false
    var next: Set<Int> = []
  }

  private(set) var transitions = 0
  private(set) var depth = 0
  private var nodes: [Node] = []
  private var known: [Int: Int] = [:]
  private var waiting: [(index: Int, state: ModelState)] = []

  var states: Int { nodes.count }
  var ends: Int { nodes.count { $0.isEnd } }
  /// Whether no state was left unexplored.
  var isComplete: Bool { nodes.allSatisfy(\.isExpanded) }

  /// Throws the first rule that is broken, with the shortest way to it.
  mutating func explore(_ configuration: ModelConfiguration, within bounds: Bounds) throws {
    let first = try ModelState(configuration)
    add(first, after: nil, by: nil)
    var position = 0
    while position < waiting.count {
      let (index, state) = waiting[position]
      if nodes.count >= bounds.states || nodes[index].depth >= bounds.depth { break }
      waiting[position].state = first
      position += 1
      try expand(index, state)
    }
    try checkEnds(configuration)
    for (index, state) in waiting[position...].enumerated() where index % 16 == 0 {
      try finish(state.state, state.index)
    }
  }

  private mutating func expand(_ index: Int, _ state: ModelState) throws {
    nodes[index].isExpanded = true
    for move in state.moves {
      var next = state
      do {
        try next.make(move)
      } catch {
        throw Violation("\(error)", "after \(way(to: index)), \(move)\n\(state.account)")
      }
      transitions += 1
      if next.isSame(as: state) { continue }
      nodes[index].next.insert(add(next, after: index, by: move))
    }
  }

  @discardableResult
  private mutating func add(_ state: ModelState, after parent: Int?, by move: ModelMove?) -> Int {
    let identity = state.identity
    if let index = known[identity] { return index }
    let index = nodes.count
    known[identity] = index
    let far = parent.map { nodes[$0].depth + 1 } ?? 0
    depth = max(depth, far)
    nodes.append(Node(parent: parent, move: move, depth: far, isEnd: state.isEnd))
    waiting.append((index, state))
    return index
  }

  /// From every state that was explored an end can be reached, or one that was not explored any more.
  private func checkEnds(_ configuration: ModelConfiguration) throws {
    var before = nodes.map { _ in [Int]() }
    for (index, node) in nodes.enumerated() { for next in node.next { before[next].append(index) } }
    var reached = Set(nodes.indices.filter { nodes[$0].isEnd || !nodes[$0].isExpanded })
    var open = Array(reached)
    while let index = open.popLast() {
      for earlier in before[index] where reached.insert(earlier).inserted { open.append(earlier) }
    }
    if let lost = nodes.indices.first(where: { !reached.contains($0) }) {
      var state = try ModelState(configuration)
      for move in way(to: lost) { try state.make(move) }
      throw Violation("an end can be reached from everywhere", "not after \(way(to: lost))\n\(state.account)")
    }
  }

  /// Lets everybody do their duty until there is nothing left to do.
  private func finish(_ state: ModelState, _ index: Int) throws {
    var state = state
    for _ in 0..<Self.duties {
      if state.isEnd { return }
      try state.doDuties()
    }
    throw Violation("every course ends", "not after \(way(to: index))\n\(state.account)")
  }

  /// Rounds of duties that lead to the end of any small case.
  private static let duties = 60

  private func way(to index: Int) -> [ModelMove] {
    var moves: [ModelMove] = []
    var node = nodes[index]
    while let move = node.move, let parent = node.parent {
      moves.append(move)
      node = nodes[parent]
    }
    return moves.reversed()
  }
}
