import Foundation
import LocalFleet
import Programs

/// From a commit to six clusters and back, step by step, read from the programs' logs.
enum PathBenchmark: Benchmark {
  static let name = "path"
  static let summary =
    "commit to applied on six clusters, and the report back (medians; the repository is polled every 100 ms)"
  private static let rounds = 10

  /// The steps in order: who logs the end of it, and what its line says.
  private enum Step: String, CaseIterable {
    case detect, render, sign, notify, pull, apply, report

    var mark: (isHub: Bool, text: String) {
      switch self {
      case .detect: (true, "a new commit")
      case .render: (true, "commit rendered")
      case .sign: (true, "bundle published")
      case .notify: (false, "told of new metadata")
      case .pull: (false, "bundle accepted")
      case .apply: (false, "app status app=webshop")
      case .report: (true, "report recorded")
      }
    }
  }

  static func run() async throws {
    try await AcmeFleet.with(logLevel: "debug") { acme in
      var durations: [Step: [Double]] = [:]
      var totals: [Double] = []
      for round in 1...rounds {
        let committed = try acme.release("bench-\(round)")
        try await eventually("release \(round) is everywhere") { acme.runs("bench-\(round)") }
        // A report follows within its own delay, which is not part of how fast anything is.
        try await Task.sleep(for: .seconds(2))
        let ends = try instants(since: committed, acme)
        var before = committed
        for step in Step.allCases {
          guard let end = ends[step] else { throw Missing(step: step.rawValue) }
          durations[step, default: []].append(end.timeIntervalSince(before) * 1000)
          before = max(before, end)
        }
        totals.append((ends[.apply] ?? committed).timeIntervalSince(committed) * 1000)
      }
      for step in Step.allCases { Row.print(step.rawValue, Row.milliseconds(durations[step, default: []].median)) }
      Row.print("commit to applied on all six", Row.milliseconds(totals.median))
      let detect = durations[.detect, default: []].median
      Row.print("of it, waiting for the poll of Git", Row.ratio(detect / totals.median))
    }
  }

  /// When each step ended on the last cluster that got there.
  private static func instants(since committed: Date, _ acme: AcmeFleet) throws -> [Step: Date] {
    let hub = try acme.log(of: "hub").filter { $0.time >= committed }
    let agents = try acme.clusters.map { cluster in
      try acme.log(of: "agent-\(cluster)").filter { $0.time >= committed }
    }
    var ends: [Step: Date] = [:]
    for step in Step.allCases {
      let (isHub, text) = step.mark
      if isHub {
        // The first report after the release may be of another thing; the steps before it have one line a cluster.
        let lines = hub.filter { $0.text.contains(text) }
        ends[step] = step == .report ? lines.first { $0.time >= ends[.apply] ?? committed }?.time : lines.last?.time
      } else {
        let pulled = ends[.pull] ?? committed
        ends[step] = agents.compactMap { log in
          guard step == .apply else { return log.first { $0.text.contains(text) }?.time }
          return log.first { $0.time >= pulled && $0.text.contains(text) && $0.text.contains("sync=synced") }?.time
        }.max()
      }
    }
    return ends
  }

  private struct Missing: Error, CustomStringConvertible {
    let step: String
    var description: String { "no line of the logs tells when the step \(step) ended" }
  }
}
