import Foundation
import KubernetesTarget
import LocalFleet
import Manifests

/// How long a change by somebody else lasts.
enum KubernetesHealBenchmark: Benchmark {
  static let name = "kubernetes-heal"
  static let summary =
    "from the answer to somebody's edit or deletion until the object is as before, among 1,000 objects"
  private static let edits = 300

  static func run() async throws {
    for kind in MeasuredServer.measured {
      try await MeasuredServer.with(kind) { server in
        try await MeasuredFleet.with(server, namespaces: ["agent"]) { fleet in
          try fleet.commit(["load": SampleObjects.plain(1_000, in: "agent")])
          try await fleet.healthy(apps: 2)
          var (edited, deleted): ([Double], [Double]) = ([], [])
          for number in 0..<edits {
            // Each a ConfigMap of its own as far as they go, so that no correction looks like a fight.
            let path = "/api/v1/namespaces/agent/configmaps/object-\(number % 250 * 4)"
            if number % 10 == 9 {
              deleted.append(try await heal(path, deleting: true, server.client))
            } else {
              edited.append(try await heal(path, deleting: false, server.client))
            }
          }
          Row.print("on \(try await server.version())", "")
          show("\(edited.count) edits", edited)
          show("\(deleted.count) deletions", deleted)
        }
      }
    }
  }

  private static func show(_ what: String, _ times: [Double]) {
    Row.print(
      what,
      "p50 \(Row.milliseconds(times.median))   p99 \(Row.milliseconds(times.quantile(0.99)))   "
        + "longest \(Row.milliseconds(times.max() ?? 0))")
  }

  /// Milliseconds until it is as it was.
  private static func heal(_ path: String, deleting: Bool, _ client: APIClient) async throws -> Double {
    var request = APIRequest(deleting ? .delete : .patch, kind: "ConfigMap", path: path)
    if !deleting {
      request.contentType = "application/merge-patch+json"
      request.query = [("fieldManager", "somebody")]
      request.body = JSON.compact(["data": ["mode": "loud"]])
    }
    _ = try await client.send(request)
    let began = ContinuousClock.now
    try await eventually("\(path) is healed", within: .seconds(60), every: .milliseconds(2)) {
      let answer = try await client.send(APIRequest(.get, kind: "ConfigMap", path: path))
      return try JSON.parse(answer.body, file: path)[path: "data", "mode"]?.string == "quiet"
    }
    return Double((ContinuousClock.now - began) / .microseconds(1)) / 1000
  }
}

extension Array where Element == Double {
  /// The value that so great a share of all is not above; 0 of none.
  func quantile(_ share: Double) -> Double {
    isEmpty ? 0 : sorted()[Swift.min(count - 1, Int((Double(count) * share).rounded(.up)) - 1)]
  }
}
