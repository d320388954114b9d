import FleetModel
import Manifests
import Rendering
import TestSupport
import Testing

@Suite("Any sequence of commits comes to what a render from scratch comes to")
struct RandomCommitsTests {
  private enum Outcome: Equatable, CustomStringConvertible {
    case set(bytes: [UInt8], overlay: TreePath, inputs: [String: Value?])
    case error(FleetError)

    var description: String {
      switch self {
      case .set(let bytes, let overlay, let inputs):
        "\(String(decoding: bytes, as: UTF8.self)) of \(overlay) with \(inputs)"
      case .error(let error): "\(error)"
      }
    }

    var isError: Bool { if case .error = self { true } else { false } }
  }

  private struct Pair {
    var app: AppDeclaration
    var cluster: ClusterDeclaration

    func outcome(_ renderer: Renderer) -> Outcome {
      do throws(FleetError) {
        let rendered = try renderer.render(app: app, cluster: cluster)
        return .set(bytes: rendered.manifests.canonicalBytes, overlay: rendered.overlay, inputs: rendered.inputs)
      } catch {
        return .error(error)
      }
    }
  }

  private static let commits = 100

  private func tree(_ fleet: RandomFleet, _ namesContent: Bool) -> any ManifestTree {
    namesContent ? ContentNamedTree(fleet.tree) : fleet.tree
  }

  @Test(
    "byte for byte and error for error, whichever commits were rendered before, and whatever the cache holds",
    arguments: [false, true])
  func same(namesContent: Bool) throws {
    var random = Randomness("random commits")
    var fleet = RandomFleet()
    var renderers: [Renderer] = []
    let cache = MemoryRenderCache()
    var (sets, errors) = (0, 0)
    var made = (incrementally: 0, fromScratch: 0)
    for commit in 0..<Self.commits {
      let changes = fleet.commit(&random)
      let tree = tree(fleet, namesContent)
      let renderer = Renderer(
        tree: tree, after: predecessor(renderers, &random), cache: Bool.random(using: &random) ? cache : nil)
      renderers.append(renderer)
      let scratch = Renderer(tree: tree)
      for pair in pairs(fleet, &random) {
        let outcome = pair.outcome(renderer)
        let wanted = pair.outcome(scratch)
        guard outcome == wanted else {
          Issue.record(
            """
            seed \(random.seed), commit \(commit) (\(changes.joined(separator: ", "))): \(pair.app.name) on \
            \(pair.cluster.name) is \(outcome), and from scratch \(wanted)
            """)
          return
        }
        if outcome.isError { errors += 1 } else { sets += 1 }
      }
      made.incrementally += renderer.work.sets.values.reduce(0, +)
      made.fromScratch += scratch.work.sets.values.reduce(0, +)
    }
    #expect(sets > 0 && errors > 0, "seed \(random.seed): too little was tried")
    #expect(made.incrementally < made.fromScratch, "seed \(random.seed): nothing was used again")
  }

  /// Mostly the renderer of the commit before; after a restart none, and now and then that of an older one.
  private func predecessor(_ renderers: [Renderer], _ random: inout Randomness) -> Renderer? {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: nil
    case 1: renderers.randomElement(using: &random)
    default: renderers.last
    }
  }

  /// What is rendered of a commit, in any order: everything, or only some of it, as when a newer commit comes.
  private func pairs(_ fleet: RandomFleet, _ random: inout Randomness) -> ArraySlice<Pair> {
    let pairs = fleet.apps.flatMap { app in fleet.clusters.map { Pair(app: app, cluster: $0) } }
    let count =
      Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<pairs.count, using: &random) : pairs.count
    return pairs.shuffled(using: &random).prefix(count)
  }
}
