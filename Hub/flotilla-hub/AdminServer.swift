import Hummingbird
import Logging
import Prometheus
import ServiceLifecycle
import Settings

/// `/healthz`, `/readyz` and `/metrics` on a port of their own.
///
/// It answers before everything else begins and until everything else has ended.
struct AdminServer: Service {
  let listen: HostAndPort
  let readiness: Readiness
  /// Everything that `/metrics` says.
  let metrics: @Sendable () async -> String
  let logger: Logger

  func run() async throws {
    let router = Router()
    router.get("healthz") { _, _ in "ok\n" }
    router.get("readyz") { _, _ -> Response in
      let obstacles = readiness.obstacles
      guard !obstacles.isEmpty else { return AdminServer.text("ok\n", .ok) }
      return AdminServer.text(obstacles.map { $0 + "\n" }.joined(), .serviceUnavailable)
    }
    router.get("metrics") { _, _ -> Response in
      AdminServer.text(await metrics(), .ok, type: PrometheusText.contentType)
    }
    try await Application(
      router: router, configuration: .init(address: .hostname(listen.host, port: listen.port)), logger: logger
    ).run()
  }

  private static func text(
    _ text: String, _ status: HTTPResponse.Status, type: String = "text/plain; charset=utf-8"
  ) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: .init(string: text)))
  }
}
