import Foundation
import LocalFleet
import Testing
import Wire

@Suite("A fleet of API servers passes its gates by what agents see of health there", .serialized)
struct KubernetesTests {
  private var sample: SampleFleet {
    var sample = SampleFleet()
    sample.hasNamespaces = true
    sample.progressDeadline = "10s"
    return sample
  }

  /// A hub, and for each cluster an API server with an agent, after the first release is everywhere.
  private func withFleet(_ body: (Stage) async throws -> Void) async throws {
    try await Stage.with(sample) { stage in
      for cluster in ["dev-1", "prod-1"] {
        let kubeconfig = "\(stage.machine.directory)/\(cluster).kubeconfig"
        try stage.machine.start(
          "flotilla-kubernetes-double", ["--kubeconfig", kubeconfig, "--workloads"], as: "api-\(cluster)")
        try await eventually("the API server of \(cluster) answers") {
          FileManager.default.fileExists(atPath: kubeconfig)
        }
        try await stage.fleet.cluster(cluster).makeToken()
        try stage.fleet.cluster(cluster).startAgent(kubeconfig: kubeconfig)
      }
      try await body(stage)
    }
  }

  private func cluster(_ name: String, _ stage: Stage) async throws -> FlotillaV1.RolloutCluster? {
    try await stage.rollout()?.stages.flatMap(\.clusters).first { $0.name == name }
  }

  @Test("a release passes from dev to prod because its Deployment is seen to be healthy in each")
  func passes() async throws {
    try await withFleet { stage in
      try await stage.succeeded(try stage.head())
      try await stage.succeeded(try stage.release("2.0"))
      for name in ["dev-1", "prod-1"] { #expect(try await cluster(name, stage)?.state == .soaked, "\(name)") }
    }
  }

  @Test("an image that cannot be pulled halts in dev with its reason, and the fix goes through")
  func badImage() async throws {
    try await withFleet { stage in
      try await stage.succeeded(try stage.head())
      let bad = try stage.release("broken")
      try await eventually("the rollout fails in dev", within: .seconds(60)) {
        let rollout = try await stage.rollout()?.rollout
        return rollout?.commit?.id == bad && rollout?.state == .failed
      }
      let dev = try await cluster("dev-1", stage)
      #expect(dev?.state == .failed)
      let reason = dev?.reason ?? ""
      #expect(reason.contains("Deployment web/web: 1 old replicas have to end: ImagePullBackOff on web-"), "\(reason)")
      #expect(reason.contains("manifest unknown"), "\(reason)")
      let prod = try await cluster("prod-1", stage)
      #expect(prod?.state == .pending && prod?.assigned != prod?.target)
      try await stage.succeeded(try stage.release("2.0"))
    }
  }
}
