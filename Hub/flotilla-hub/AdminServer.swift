import Hummingbird
import Logging
import ReleasePipeline
import ServiceLifecycle
import Settings
import Wire

/// `/healthz`, `/readyz` and `/metrics` on a port of their own.
struct AdminServer: Service {
  let listen: HostAndPort
  let hub: FleetHub
  let door: HubDoor
  let metrics: PrometheusMetrics
  let logger: Logger

  func run() async throws {
    let router = Router()
    router.get("healthz") { _, _ in "ok\n" }
    router.get("readyz") { _, _ -> Response in
      let isReady = await hub.isReady
      return AdminServer.text(isReady ? "ok\n" : "no commit has been read yet\n", isReady ? .ok : .serviceUnavailable)
    }
    router.get("metrics") { _, _ -> Response in
      metrics.set("flotilla_agents_connected", Double(hub.sessions.connected.count))
      metrics.set("flotilla_connections", Double(door.server.connectionCount))
      return AdminServer.text(metrics.text, .ok)
    }
    try await Application(
      router: router, configuration: .init(address: .hostname(listen.host, port: listen.port)), logger: logger
    ).run()
  }

  private static func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; version=0.0.4"],
      body: .init(byteBuffer: .init(string: text)))
  }
}
