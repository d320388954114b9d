import KubernetesDouble
import Testing

@testable import KubernetesTarget

@Suite("A report names the server's version without asking each time")
struct ServerVersionTests {
  private func asked(_ double: KubernetesDouble) -> Int { double.requests.count { $0.path == "/version" } }

  @Test("it is asked for once in ten minutes; a server that does not answer is as it was known")
  func once() async throws {
    let clock = HandClock()
    try await Server.withDouble { double, server in
      try await Cluster.with(server, now: { clock.now }) { cluster in
        for _ in 0..<3 { #expect(await cluster.target.serverVersion() == "v1.36.2") }
        #expect(asked(double) == 1)
        double.inject(Fault(.answer(status: 500, text: "later")) { $0.path == "/version" })
        clock.advance(.seconds(600))
        for _ in 0..<3 { #expect(await cluster.target.serverVersion() == "v1.36.2") }
        #expect(asked(double) == 2)
        double.removeFault()
        clock.advance(.seconds(3))
        #expect(await cluster.target.serverVersion() == "v1.36.2")
        #expect(asked(double) == 3)
      }
    }
  }
}
