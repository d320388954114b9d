import ControlPlanes
import Foundation
import KubernetesDouble
import Manifests
import TestSupport
import Testing

/// How a client gets in: TLS, certificates, tokens, a kubeconfig.
@Suite("Access")
struct AccessTests {
  @Test("a kubeconfig with a client certificate gets in, and nobody without one")
  func clientCertificate() async throws {
    var settings = DoubleSettings()
    settings.tls = try .generate()
    let server = try await KubernetesDouble.start(settings)
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/kubeconfig"
      try server.kubeconfig().write(toFile: path, atomically: true, encoding: .utf8)
      let plane = try RunningPlane(kubeconfig: path)
      #expect(plane.url.hasPrefix("https://"))
      try await TestCluster.with(plane) { cluster in
        let reply = try await cluster.call("GET", cluster.configMaps)
        #expect(reply.status == 200)
      }
      let stranger = RunningPlane(url: plane.url, token: "none")
      let refused = try await TestCluster.ask(stranger, "/api/v1/namespaces")
      #expect((refused.status, refused.reason) == (401, "Unauthorized"))
    }
    await server.kill()
  }

  @Test("a kubeconfig with a token gets in, over TLS too", arguments: [false, true])
  func token(_ isEncrypted: Bool) async throws {
    var settings = DoubleSettings()
    settings.users = ["secret": .administrator, "other": DoubleUser(name: "other")]
    settings.enforcesRBAC = true
    if isEncrypted { settings.tls = try .generate() }
    let server = try await KubernetesDouble.start(settings)
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/kubeconfig"
      try server.kubeconfig(token: "secret").write(toFile: path, atomically: true, encoding: .utf8)
      try await TestCluster.with(try RunningPlane(kubeconfig: path)) { cluster in
        let other = try await cluster.call("GET", cluster.configMaps, headers: ["Authorization": "Bearer other"])
        #expect((other.status, other.reason) == (403, "Forbidden"))
      }
    }
    await server.kill()
  }

  @Test(
    "the program serves until it is told to stop, and kubectl applies to it",
    .enabled(if: Self.hasKubectl, "no kubectl"))
  func program() async throws {
    try await withTemporaryDirectory { folder in
      let program = Process()
      program.executableURL = Bundle.main.bundleURL.appending(path: "flotilla-kubernetes-double")
      program.arguments = ["--kubeconfig", "\(folder)/kubeconfig"]
      let output = Pipe()
      program.standardOutput = output
      try program.run()
      let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(line.hasPrefix("serving http://127.0.0.1:"))
      let object = TestCluster.configMap("a").with("metadata", "namespace", value: "default")
      let kubectl = ["--kubeconfig", "\(folder)/kubeconfig", "--cache-dir", "\(folder)/cache"]
      for expected in ["configmap/a serverside-applied", "configmap/a serverside-applied"] {
        let applied = try runProgram(
          "kubectl", kubectl + ["apply", "--server-side", "-f", "-"], input: Data(JSON.compact(object)))
        #expect(applied.text.contains(expected), "\(applied.text)")
      }
      let shown = try runProgram("kubectl", kubectl + ["get", "configmap", "a", "-o", "jsonpath={.data.key}"])
      #expect((shown.status, shown.text) == (0, "value"))
      program.terminate()
      program.waitUntilExit()
      #expect(program.terminationStatus == 0)
    }
  }

  static let hasKubectl = (try? runProgram("kubectl", ["version", "--client"]).status) == 0
}
