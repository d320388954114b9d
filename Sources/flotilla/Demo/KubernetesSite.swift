import Foundation
import LocalFleet
import Manifests

/// Real clusters, one for each kubeconfig, with an app of the demo's own in a namespace of its own.
///
/// Whoever looks at or edits something there does it with kubectl, as a person would.
struct KubernetesSite: DemoSite {
  static let namespace = "flotilla-demo"
  static let agentNamespace = "flotilla-demo-agent"
  private static let image = "registry.k8s.io/pause"

  let environments: [(name: String, clusters: [String])]
  private let kubectls: [String: Kubectl]

  let fleetName = "demo"
  let app = "web"
  let approved = ["web"]
  let appCount = 1
  let tags = (first: "3.9", second: "3.10", third: "3.8")
  let edited = "the ConfigMap of web"
  let patience = Duration.seconds(240)

  /// - Parameter kubeconfigs: the first is of dev; of two or more the last are of prod, and from three on one is of staging.
  init(kubeconfigs: [String]) {
    let names = kubeconfigs.indices.map { index -> (environment: String, file: String) in
      switch index {
      case 0: ("dev", kubeconfigs[index])
      case 1 where kubeconfigs.count > 2: ("staging", kubeconfigs[index])
      default: ("prod", kubeconfigs[index])
      }
    }
    var environments: [(name: String, clusters: [String])] = []
    var kubectls: [String: Kubectl] = [:]
    for environment in ["dev", "staging", "prod"] {
      let files = names.filter { $0.environment == environment }.map(\.file)
      let clusters = files.indices.map { "\(environment)-\($0 + 1)" }
      for (cluster, file) in zip(clusters, files) { kubectls[cluster] = Kubectl(kubeconfig: file, cluster: cluster) }
      if !clusters.isEmpty { environments.append((environment, clusters)) }
    }
    self.environments = environments
    self.kubectls = kubectls
  }

  private func kubectl(_ cluster: String) throws -> Kubectl {
    guard let kubectl = kubectls[cluster] else { throw FleetError(.localFleet, "there is no cluster \(cluster)") }
    return kubectl
  }

  /// Throws when the demo could not happen on these clusters; nothing has been made there yet.
  func check() throws {
    try Kubectl.mustBeThere()
    var seen: [String: String] = [:]
    for cluster in clusters {
      let kubectl = try kubectl(cluster)
      let uid = try kubectl.run("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
      if let other = seen.updateValue(kubectl.kubeconfig, forKey: uid) {
        throw FleetError(
          .localFleet, "\(other) and \(kubectl.kubeconfig) are of the same cluster", at: .init(cluster: cluster),
          nextStep: "give each cluster once")
      }
      for name in [Self.namespace, Self.agentNamespace] where try kubectl.hasNamespace(name) {
        throw FleetError(
          .localFleet, "the namespace \(name) is there already, of a demo before or of somebody else",
          at: .init(file: kubectl.kubeconfig, cluster: cluster),
          nextStep: "if it is a demo's: kubectl --kubeconfig \(kubectl.kubeconfig) delete namespace \(name)")
      }
      guard try kubectl.readyNodes() > 0 else {
        throw FleetError(
          .localFleet, "no node of the cluster is ready, so that Pods would stay Pending and no rollout could pass",
          at: .init(file: kubectl.kubeconfig, cluster: cluster),
          nextStep: "look at kubectl --kubeconfig \(kubectl.kubeconfig) get nodes")
      }
    }
  }

  func makeRepository(in folder: String) throws -> WorkingRepository {
    let sample = KubernetesSample(
      environments: environments, namespace: Self.namespace, image: Self.image, tag: tags.first)
    return try WorkingRepository(files: sample.files, in: folder)
  }

  func start(_ cluster: LocalCluster) async throws {
    try await cluster.makeToken()
    let kubeconfig = try kubectl(cluster.name).kubeconfig
    let agent = try cluster.startAgent(kubeconfig: kubeconfig, ["--inventory-namespace", Self.agentNamespace])
    // What it cannot do with this kubeconfig it says at once, and ends.
    try await Task.sleep(for: .milliseconds(500))
    guard agent.isRunning else {
      throw FleetError(
        .localFleet, "the agent has ended", at: .init(cluster: cluster.name),
        cause: cluster.log.split(separator: "\n").last.map(String.init) ?? "")
    }
  }

  func image(on cluster: LocalCluster) throws -> String? {
    let image = try kubectl(cluster.name).run(
      "--namespace", Self.namespace, "get", "deployment", "web", "--ignore-not-found",
      "--output=jsonpath={.spec.template.spec.containers[0].image}")
    return image.split(separator: ":").last.map(String.init)
  }

  func edit(_ cluster: LocalCluster) throws {
    try kubectl(cluster.name).run(
      "--namespace", Self.namespace, "patch", "configmap", "web", "--type=merge", "--patch",
      #"{"data":{"greeting":"edited by hand"}}"#)
  }

  func isEdited(_ cluster: LocalCluster) throws -> Bool {
    try kubectl(cluster.name).run(
      "--namespace", Self.namespace, "get", "configmap", "web", "--output=jsonpath={.data.greeting}")
      == "edited by hand"
  }

  func howToLookAround(in folder: String) -> String {
    "the clusters' objects are in the namespaces \(Self.namespace) and \(Self.agentNamespace)"
  }

  /// Deletes both namespaces of every cluster, and waits until they are gone; what cannot be deleted is in the error.
  func cleanUp() async throws {
    var failures: [String] = []
    for cluster in clusters {
      do {
        try kubectl(cluster).run(
          "delete", "namespace", Self.namespace, Self.agentNamespace, "--ignore-not-found", "--timeout=120s")
      } catch {
        failures.append("\(cluster): \(error)")
      }
    }
    guard failures.isEmpty else {
      throw FleetError(
        .localFleet, "the namespaces \(Self.namespace) and \(Self.agentNamespace) may still be there",
        cause: failures.joined(separator: "; "), nextStep: "delete them with kubectl")
    }
  }
}
