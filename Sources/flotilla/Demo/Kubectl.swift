import Foundation
import LocalFleet
import Manifests

/// kubectl on one cluster.
struct Kubectl {
  let kubeconfig: String
  let cluster: String

  static func mustBeThere() throws {
    do {
      try LocalProcess.run("kubectl", ["version", "--client"])
    } catch {
      throw FleetError(
        .localFleet, "kubectl cannot be run", cause: "\(error)", nextStep: "install kubectl, which the demo looks with")
    }
  }

  @discardableResult
  func run(_ arguments: String...) throws -> String {
    do {
      return try LocalProcess.run("kubectl", ["--kubeconfig", kubeconfig, "--request-timeout=30s"] + arguments)
    } catch let error as FleetError {
      throw error.within(.init(file: kubeconfig, cluster: cluster))
    }
  }

  func hasNamespace(_ name: String) throws -> Bool {
    try !run("get", "namespace", name, "--ignore-not-found", "--output=name").isEmpty
  }

  /// How many nodes are ready and take Pods.
  func readyNodes() throws -> Int {
    let list = try JSON.parse(Array(try run("get", "nodes", "--output=json").utf8), file: "nodes")
    return (list["items"]?.array ?? []).count { node in
      let conditions = node[path: "status", "conditions"]?.array ?? []
      return node[path: "spec", "unschedulable"]?.bool != true
        && conditions.contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }
    }
  }
}
