import Foundation
import LocalFleet
import TestSupport

/// Many small apps in one cluster, from commit to healthy.
enum KubernetesAppsBenchmark: Benchmark {
  static let name = "kubernetes-apps"
  static let summary =
    "small apps (Deployment of zero replicas, Service, ServiceAccount, Ingress) from commit until all are "
    + "healthy and the hub has closed every rollout"
  /// Flux's own figures of 2026, on 16 cores, with its health poll of 5 s.
  private static let counts = [(100, "26 s"), (500, "2 min"), (1_000, "4 min 13 s")]
  /// Only this one of them: `FLOTILLA_BENCH_APPS`.
  private static let chosen = ProcessInfo.processInfo.environment["FLOTILLA_BENCH_APPS"].flatMap { Int($0) }
  private static let controllers = LocalControlPlane.housekeeping + ["deployment-controller", "replicaset-controller"]

  static func run() async throws {
    for kind in MeasuredServer.measured {
      for (count, flux) in counts where chosen == nil || chosen == count {
        try await MeasuredServer.with(kind, controllers) { server in
          if count == chosen ?? counts.first?.0 { Row.print("on \(try await server.version())", "") }
          try await MeasuredFleet.with(server, namespaces: ["apps"]) { fleet in
            let before = try await server.requests(of: "flotilla-agent")
            let apps = (0..<count).map { "app-\($0)" }
            let committed = try fleet.commit(
              Dictionary(uniqueKeysWithValues: apps.map { ($0, SampleObjects.smallApp($0, in: "apps")) }))
            try await fleet.released(apps: count + 1)
            let took = Date.now.timeIntervalSince(committed)
            let requests = try await server.requests(of: "flotilla-agent") - before
            Row.print(
              "\(count) apps", String(format: "%6.1f s   (Flux %@)   requests %@", took, flux, requests.description))
            try showProcesses(fleet)
          }
        }
      }
    }
  }

  private static func showProcesses(_ fleet: MeasuredFleet) throws {
    for (name, process) in [("hub", try fleet.fleet.hub), ("agent", try fleet.cluster.agent)] {
      let memory = try Memory(of: process.identifier)
      let seconds = try ProcessorTime(of: process.identifier).seconds
      Row.print("  \(name)", "\(Row.megabytes(memory.highest)) at most, " + String(format: "%.1f s of a core", seconds))
    }
  }
}
