import Foundation
import LocalFleet
import TestSupport
import Testing

private let hasKubectl = (try? runProgram("kubectl", ["version", "--client"]).status) == 0

@Suite(
  "The demo runs the whole path on API servers, too", .serialized, .timeLimit(.minutes(8)),
  .enabled(if: hasKubectl, "no kubectl"))
struct KubernetesDemoTests {
  /// Runs `body` with the kubeconfigs of API servers that have a node each.
  private func withServers(
    _ count: Int, ready: Bool = true, _ body: ([String]) async throws -> Void
  ) async throws {
    let machine = try LocalMachine(directory: nil, programs: Stage.programs)
    do {
      var kubeconfigs: [String] = []
      for number in 1...count {
        let kubeconfig = "\(machine.directory)/cluster-\(number).kubeconfig"
        try machine.start(
          "flotilla-kubernetes-double", ["--kubeconfig", kubeconfig, "--workloads"], as: "api-\(number)")
        try await eventually("API server \(number) answers", within: .seconds(60)) {
          FileManager.default.fileExists(atPath: kubeconfig)
        }
        try makeNode(kubeconfig, ready)
        kubeconfigs.append(kubeconfig)
      }
      try await body(kubeconfigs)
    } catch {
      await machine.end(removing: true)
      throw error
    }
    await machine.end(removing: true)
  }

  private func kubectl(_ kubeconfig: String, _ arguments: [String], input: String = "") throws -> String {
    let result = try runProgram("kubectl", ["--kubeconfig", kubeconfig] + arguments, input: Data(input.utf8))
    try #require(result.status == 0, "\(result.text)")
    return result.text
  }

  private func makeNode(_ kubeconfig: String, _ ready: Bool) throws {
    let node = #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"one"}}"#
    _ = try kubectl(kubeconfig, ["create", "-f", "-"], input: node)
    let status = #"{"status":{"conditions":[{"type":"Ready","status":"\#(ready ? "True" : "False")"}]}}"#
    _ = try kubectl(
      kubeconfig, ["patch", "node", "one", "--subresource=status", "--type=merge", "--patch", status])
  }

  private func demo(_ kubeconfigs: [String]) throws -> ProgramResult {
    try runProgram("\(Stage.programs)/flotilla", ["demo"] + kubeconfigs.flatMap { ["--kubeconfig", $0] })
  }

  @Test("every scene happens on three of them, and nothing is left there")
  func everySceneHappens() async throws {
    try await withServers(3) { kubeconfigs in
      let result = try demo(kubeconfigs)
      #expect(result.status == 0, "\(result.text)")
      #expect(result.text.contains("Every step happened"))
      for scene in 1...7 { #expect(result.text.contains("\n\(scene). "), "\(result.text)") }
      #expect(result.text.contains("dev-1, staging-1 run 3.10; prod still runs 3.9 and waits for an approval"))
      #expect(result.text.contains("ImagePullBackOff"))
      for kubeconfig in kubeconfigs {
        #expect(try !kubectl(kubeconfig, ["get", "namespaces", "--output=name"]).contains("flotilla"))
      }
    }
  }

  @Test("one cluster is enough: what would wait for prod does not")
  func oneCluster() async throws {
    try await withServers(1) { kubeconfigs in
      let result = try demo(kubeconfigs)
      #expect(result.status == 0, "\(result.text)")
      #expect(!result.text.contains("approved"))
    }
  }

  @Test("a cluster without a ready node is refused before anything is made, and so is one that is given twice")
  func refused() async throws {
    try await withServers(1, ready: false) { kubeconfigs in
      let result = try demo(kubeconfigs)
      #expect(result.status == 2)
      #expect(result.text.contains("no node of the cluster is ready, so that Pods would stay Pending"))
      #expect(try !kubectl(kubeconfigs[0], ["get", "namespaces", "--output=name"]).contains("flotilla"))
    }
    try await withServers(1) { kubeconfigs in
      let result = try demo(kubeconfigs + kubeconfigs)
      #expect(result.status == 2)
      #expect(result.text.contains("are of the same cluster"), "\(result.text)")
    }
  }
}
