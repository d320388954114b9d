import Foundation

/// What each step from a commit to a report took, cluster by cluster, from the logs of the hub and of the simulated
/// agents.
struct LoadTimeline {
  /// In the order in which they happen; each lasts from the end of the one before.
  enum Step: String, CaseIterable {
    case detect, render, sign, notify, pull, apply, report
  }

  /// In milliseconds.
  private var durations: [Step: [Double]] = [:]
  private var applied: [Double] = []

  /// Adds a commit that every cluster has taken.
  /// - Parameter names: clusters by their uid.
  mutating func add(committed: Date, hub: [LogEntry], load: [LoadLine], names: [String: String]) {
    guard let detected = hub.first(where: { $0.text.contains("a new commit") })?.time,
      let rendered = hub.first(where: { $0.text.contains("commit rendered") })?.time
    else { return }
    var signed: [String: Date] = [:]
    for line in hub where line.text.contains("bundle published") {
      guard let uid = line.text.firstMatch(of: /cluster=(\S+)/).map({ String($0.1) }) else { continue }
      if let name = names[uid], signed[name] == nil { signed[name] = line.time }
    }
    let byCluster = Dictionary(grouping: load.filter { !$0.cluster.isEmpty }, by: \.cluster)
    for (cluster, lines) in byCluster {
      guard let published = signed[cluster],
        let accepted = lines.first(where: { $0.event == "accepted" && $0.time >= published })?.time,
        let done = lines.first(where: { $0.event == "applied" && $0.time >= accepted })?.time,
        let sent = lines.first(where: { $0.event == "reported" && $0.time >= done }),
        let heard = lines.first(where: { $0.event == "acknowledged" && $0.text("seq") == sent.text("seq") })?.time
      else { continue }
      let told = lines.first { $0.event == "told" && $0.time >= published }?.time ?? accepted
      let ends = [detected, rendered, published, min(told, accepted), accepted, done, heard]
      var before = committed
      for (step, end) in zip(Step.allCases, ends) {
        durations[step, default: []].append(end.timeIntervalSince(before) * 1000)
        before = end
      }
      applied.append(done.timeIntervalSince(committed) * 1000)
    }
  }

  var count: Int { applied.count }

  func show() {
    for step in Step.allCases { LoadRow.print("  \(step.rawValue)", durations[step, default: []]) }
    LoadRow.print("  commit to applied", applied)
  }
}

enum LoadRow {
  /// A line with the percentiles of times in milliseconds.
  static func print(_ what: String, _ times: [Double]) {
    let figures = [50, 90, 95, 99].map { "p\($0)\(Row.milliseconds(times.percentile($0)))" }
    Row.print(what, figures.joined(separator: "  ") + "  of \(times.count)")
  }
}

extension Array where Element == Double {
  /// The least that so many percent are not above (nearest rank); 0 of none.
  func percentile(_ percent: Int) -> Double {
    guard !isEmpty else { return 0 }
    let rank = (count * percent + 99) / 100
    return sorted()[Swift.max(0, Swift.min(count, rank) - 1)]
  }
}
