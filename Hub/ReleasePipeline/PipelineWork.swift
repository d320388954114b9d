import FleetModel
import GitSource
import Synchronization

/// What the pipeline has to do, in order. What waits already is not done twice: ten thousand clusters that join while a
/// commit is rendered are rendered together after it.
final class PipelineWork: Sendable {
  struct Amendment: Sendable, Hashable {
    var cluster: ClusterUID
    var app: String
    var commit: String
  }

  enum Item: Sendable {
    case sourceLooked(SourceUpdate)
    case renderAgain
    case collect
    case amend([Amendment])
  }

  private let waiting = Mutex<[Item]>([])
  private let signal = Signal()

  func add(_ item: Item) {
    waiting.withLock { $0.merge(item) }
    signal.raise()
  }

  /// What is to be done next, once there is something; nil when the task is cancelled. For one task.
  func next() async -> Item? {
    while !Task.isCancelled {
      if let item = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return item }
      await signal.wait()
    }
    return nil
  }
}

extension [PipelineWork.Item] {
  fileprivate mutating func merge(_ item: PipelineWork.Item) {
    switch item {
    case .sourceLooked: append(item)
    case .renderAgain:
      // After what was asked for meanwhile.
      removeAll { if case .renderAgain = $0 { true } else { false } }
      append(item)
    case .collect:
      if !contains(where: { if case .collect = $0 { true } else { false } }) { append(item) }
    case .amend(let amendments):
      guard !amendments.isEmpty else { return }
      for index in indices {
        guard case .amend(let before) = self[index] else { continue }
        self[index] = .amend(before + amendments)
        return
      }
      append(item)
    }
  }
}
