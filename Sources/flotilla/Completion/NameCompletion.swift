import ArgumentParser
import FleetModel
import Manifests
import NIOPosix
import OperatorClient
import Wire

/// Names that only the hub knows, for a shell that completes them.
enum NameCompletion {
  /// Somebody holds a key down and waits.
  private static let patience: Duration = .seconds(2)

  static let clusters = kind { try await $0.listClusters(.init(page: page)).clusters.map(\.name) }
  static let apps = kind { try await $0.listApps(.init(page: page)).apps.map(\.name) }
  static let operators = kind { try await $0.listOperators(.init(page: page)).accounts.map(\.name) }
  /// Apps, and the ids of rollouts that are not over.
  static let rollouts = kind { client in
    let running = try await client.listRollouts(.init(page: page, activeOnly: true)).rollouts
    return try await client.listApps(.init(page: page)).apps.map(\.name) + running.map(\.id)
  }

  /// As many as one answer holds: who has more types another letter.
  private static var page: FlotillaV1.PageRequest { .init(size: Int64(WireLimits.pageSize)) }

  private static func kind(
    _ names: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> [String]
  ) -> CompletionKind {
    .custom { words, _, prefix in
      // A shell has no place for an error: whatever fails completes nothing.
      let found = try? await withThrowingTaskGroup(of: [String].self) { group in
        group.addTask {
          try await file(in: words).withHub(on: .singletonMultiThreadedEventLoopGroup, names)
        }
        group.addTask {
          try await Task.sleep(for: patience)
          return []
        }
        defer { group.cancelAll() }
        return try await group.next() ?? []
      }
      return (found ?? []).filter { $0.hasPrefix(prefix) }.sorted { $0.precedesInBytes($1) }
    }
  }

  /// The operator file that the line so far names, or the usual one.
  private static func file(in words: [String]) throws(FleetError) -> OperatorFile {
    var named: String?
    if let flag = words.firstIndex(of: "--operator"), flag + 1 < words.count { named = words[flag + 1] }
    if let joined = words.first(where: { $0.hasPrefix("--operator=") }) { named = String(joined.dropFirst(11)) }
    return try OperatorFile(path: try HubOptions.path(named: named))
  }
}
