import ControlPlanes
import Glibc
import KubernetesDouble
import Manifests
import TestSupport
import Testing

@testable import KubernetesTarget

@Suite("Each request has a deadline, is counted, and fails with what happened")
struct ExchangeTests {
  @Test("a server that hangs costs the deadline and no more")
  func hang() async throws {
    try await Server.withDouble { double, server in
      double.inject(Fault(.hang, count: 1) { _ in true })
      let request = Self.namespace { $0.deadline = .milliseconds(100) }
      let hung = try await failure { _ = try await server.client.send(request) }
      #expect(hung?.kind == .deadline)
      #expect(hung?.isTransient == true)
      double.removeFault()
      _ = try await server.get(Server.namespaces, "", "default")
    }
  }

  @Test("a connection that is closed instead of an answer is transient")
  func drop() async throws {
    try await Server.withDouble { double, server in
      double.inject(Fault(.drop, count: 1) { _ in true })
      let dropped = try await failure { _ = try await server.get(Server.namespaces, "", "default") }
      #expect(dropped?.kind == .unreachable)
      #expect(dropped?.isTransient == true)
    }
  }

  @Test("requests are counted by verb and kind, failures beside them")
  func counted() async throws {
    try await Server.withDouble { double, server in
      _ = try await server.get(Server.namespaces, "", "default")
      _ = try await failure { _ = try await server.get(Server.namespaces, "", "missing") }
      let count = server.client.counter.snapshot[RequestCounter.Key(verb: .get, kind: "Namespace")]
      #expect(count == RequestCounter.Count(requests: 2, failures: 1))
      let own = double.requests.count { $0.userAgent == "flotilla-agent" }
      #expect(server.client.counter.total() == own)
    }
  }

  @Test("what is said in an error has the object, the server's words and no credentials", arguments: Plane.tested)
  func errorText(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let missing = try await failure { try await server.delete(Server.configMaps, "x") }
      #expect(missing?.kind == .notFound)
      #expect(missing?.error.cause == #"configmaps "x" not found"#)
    }
  }

  @Test("a token that was rotated is read again once the server refuses the old one")
  func rotatedToken() async throws {
    var settings = DoubleSettings()
    settings.users = ["fresh": .administrator]
    let double = try await KubernetesDouble.start(settings)
    try await withTemporaryDirectory { directory in
      try write("stale\n", "\(directory)/token")
      let client = Server.makeClient(
        ClusterAccess(server: double.url, credentials: .token(.file("\(directory)/token")), origin: directory))
      let request = APIRequest(.get, kind: "Namespace", path: Server.namespaces.path(name: "default"))
      let refused = try await failure { _ = try await client.send(request) }
      #expect(refused?.kind == .unauthorized)
      try write("fresh\n", "\(directory)/token")
      #expect(try await client.send(request).status == 200)
      await client.close()
    }
    await double.kill()
  }

  @Test("an answer over its bound is refused")
  func tooLarge() async throws {
    try await Server.withDouble { double, server in
      let request = Self.namespace { $0.answerBytes = 10 }
      let refused = try await failure { _ = try await server.client.send(request) }
      #expect(refused?.kind == .malformedAnswer)
    }
  }

  private static func namespace(_ change: (inout APIRequest) -> Void) -> APIRequest {
    var request = APIRequest(.get, kind: "Namespace", path: Server.namespaces.path(name: "default"))
    change(&request)
    return request
  }

  private func write(_ text: String, _ path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }
}
