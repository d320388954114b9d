import Glibc
import Manifests
import Synchronization

/// Work that is shared out over the processor's cores.
enum Cores {
  static let count = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  /// What each element comes to, in their order. Throws when the task is cancelled, as soon as what has begun has ended.
  static func map<Element: Sendable, Outcome: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) -> Result<Outcome, FleetError>
  ) async throws(CancellationError) -> [Result<Outcome, FleetError>] {
    let next = Next()
    let parts = await withTaskGroup(of: [(Int, Result<Outcome, FleetError>)].self) { group in
      // Who asks works too: little work is done before another task has begun.
      for _ in 1..<max(1, min(count, elements.count)) { group.addTask { Cores.work(elements, next, body) } }
      var parts = [Cores.work(elements, next, body)]
      for await part in group { parts.append(part) }
      return parts
    }
    var results = [Result<Outcome, FleetError>?](repeating: nil, count: elements.count)
    for (index, result) in parts.joined() where !result.isCancellation { results[index] = result }
    let all = results.compactMap { $0 }
    guard all.count == elements.count else { throw CancellationError() }
    return all
  }

  private static func work<Element: Sendable, Outcome: Sendable>(
    _ elements: [Element], _ next: Next, _ body: (Element) -> Result<Outcome, FleetError>
  ) -> [(Int, Result<Outcome, FleetError>)] {
    var results: [(Int, Result<Outcome, FleetError>)] = []
    while !Task.isCancelled {
      let index = next.take()
      guard index < elements.count else { break }
      results.append((index, body(elements[index])))
    }
    return results
  }

  /// The element that nobody has begun with yet.
  private final class Next: Sendable {
    private let index = Atomic(0)

    func take() -> Int { index.wrappingAdd(1, ordering: .relaxed).oldValue }
  }
}
