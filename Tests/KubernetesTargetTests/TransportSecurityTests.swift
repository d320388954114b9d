import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The server is who its certificate says, and the agent who its own says")
struct TransportSecurityTests {
  private func running(_ body: (KubernetesDouble, DoubleTLS) async throws -> Void) async throws {
    let tls = try DoubleTLS.generate()
    var settings = DoubleSettings()
    settings.tls = tls
    let double = try await KubernetesDouble.start(settings)
    do {
      try await body(double, tls)
    } catch {
      await double.kill()
      throw error
    }
    await double.kill()
  }

  /// What asking for a namespace comes to: its failure, or nil.
  private func ask(_ access: ClusterAccess) async throws -> APIFailure? {
    let client = Server.makeClient(access)
    let failure = try await failure {
      _ = try await client.send(
        APIRequest(.get, kind: "Namespace", path: Server.namespaces.path(name: "default")))
    }
    await client.close()
    return failure
  }

  private func access(_ double: KubernetesDouble) throws -> ClusterAccess {
    try Kubeconfig.access(Array(double.kubeconfig().utf8), file: "/double")
  }

  @Test("a client certificate is taken, and without one there is no entry")
  func clientCertificate() async throws {
    try await running { double, _ in
      var access = try access(double)
      let entered = try await ask(access)
      #expect(entered == nil)
      access.credentials = .anonymous
      let refused = try await ask(access)
      #expect(refused?.kind == .unauthorized)
    }
  }

  @Test("a server that another authority vouches for is not spoken to")
  func otherAuthority() async throws {
    try await running { double, _ in
      var access = try access(double)
      access.authorities = .bytes(Array(try DoubleTLS.generate().authority.utf8))
      let refused = try await ask(access)
      #expect(refused?.kind == .unreachable)
      #expect(double.requests.isEmpty)
    }
  }

  @Test("with tls-server-name the connection goes to the address, not to where the name leads")
  func serverName() async throws {
    try await running { double, _ in
      var access = try access(double)
      access.serverName = "kubernetes.invalid"
      let entered = try await ask(access)
      #expect(entered == nil)
    }
  }

  @Test("a key that is none is refused without a word of it")
  func brokenKey() async throws {
    try await running { double, tls in
      var access = try access(double)
      access.credentials = .certificate(
        chain: .bytes(Array(tls.clientCertificate.utf8)), key: .bytes(Array("verysecret".utf8)))
      let refused = try await ask(access)
      #expect(refused?.kind == .access)
      #expect(refused?.description.contains("verysecret") == false)
    }
  }

  @Test(
    "an address is cut at its host",
    arguments: [
      ("https://10.0.0.1:6443", "10.0.0.1", ":6443"), ("https://[fd00::1]:6443/k8s", "[fd00::1]", ":6443/k8s"),
      ("https://api.example", "api.example", ""), ("https://api.example/c/1", "api.example", "/c/1"),
    ])
  func hosts(server: String, host: String, rest: String) {
    let parts = HTTPTransport.split(server)
    #expect(parts?.before == "https://")
    #expect(parts?.host == host)
    #expect(parts?.after == rest)
  }
}
