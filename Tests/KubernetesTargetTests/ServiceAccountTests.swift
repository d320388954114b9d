import Glibc
import Manifests
import TestSupport
import Testing

@testable import KubernetesTarget

@Suite("A Pod's service account is found where the kubelet puts it")
struct ServiceAccountTests {
  @Test("outside a Pod the error says so and what to do")
  func outsideAPod() throws {
    let error = try refusal { _ = try ServiceAccount.access(environment: [:]) }
    #expect(error?.nextStep == "give a kubeconfig with --kubeconfig")
  }

  @Test(
    "an address of IPv6 stands in brackets, and token and authorities are files",
    arguments: [
      ("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443"),
    ])
  func address(host: String, server: String) async throws {
    try await withTemporaryDirectory { directory in
      try write("abc", "\(directory)/token")
      let access = try ServiceAccount.access(
        environment: ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"], directory: directory)
      #expect(access.server == server)
      #expect(access.credentials == .token(.file("\(directory)/token")))
      #expect(access.authorities == .file("\(directory)/ca.crt"))
    }
  }

  @Test("a missing token is refused with its path")
  func missingToken() throws {
    let error = try refusal {
      _ = try ServiceAccount.access(
        environment: ["KUBERNETES_SERVICE_HOST": "a", "KUBERNETES_SERVICE_PORT": "443"], directory: "/nonexistent")
    }
    #expect(error?.address.file == "/nonexistent/token")
  }

  private func write(_ text: String, _ path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }
}
