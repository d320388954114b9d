import Foundation
import FoundationNetworking
import FreePorts
import LocalFleet
import Programs
import Testing

@Suite("The agent's admin port tells the truth", .timeLimit(.minutes(4)))
struct AgentAdminTests {
  @Test("an agent is alive and not ready while it waits for its hub, and ready once its cluster is as its bundle says")
  func ready() async throws {
    try await Stage.with { stage in
      let cluster = stage.fleet.cluster("dev-1")
      let admin = AdminPort(port: try FreePorts.one())
      try await cluster.start()
      try await eventually("a bundle is accepted", within: .seconds(60)) {
        FileManager.default.fileExists(atPath: "\(cluster.state)/current.json")
      }
      try await cluster.agent.stop()
      try await stage.fleet.hub.stop()
      try FileManager.default.removeItem(atPath: "\(cluster.state)/current.json")
      try cluster.startAgent(["--admin-listen", "127.0.0.1:\(admin.port)"])
      try await eventually("the agent says what is missing", within: .seconds(60)) {
        let answer = try await admin.get("readyz")
        return answer.status == 503 && answer.text == "no bundle has been accepted yet\n"
      }
      #expect(try await admin.get("healthz").status == 200)
      #expect(try await admin.sample("flotilla_agent_connected") == 0)
      try stage.fleet.startHub()
      try await eventually("the agent is ready", within: .seconds(60)) { try await admin.get("readyz").status == 200 }
      #expect(try await admin.get("nothing").status == 404)
    }
  }

  @Test("its numbers are those that Docs/reference/metrics.md lists, and count what it asks of the API server")
  func numbers() async throws {
    var sample = SampleFleet()
    sample.hasNamespaces = true
    try await Stage.with(sample) { stage in
      let admin = AdminPort(port: try FreePorts.one())
      let cluster = stage.fleet.cluster("dev-1")
      let kubeconfig = "\(stage.machine.directory)/kubeconfig"
      try stage.machine.start("flotilla-kubernetes-double", ["--kubeconfig", kubeconfig, "--workloads"], as: "api")
      try await eventually("the API server answers", within: .seconds(60)) {
        FileManager.default.fileExists(atPath: kubeconfig)
      }
      try await cluster.makeToken()
      try cluster.startAgent(kubeconfig: kubeconfig, ["--admin-listen", "127.0.0.1:\(admin.port)"])
      try await eventually("the app is there and healthy", within: .seconds(60)) {
        try await admin.sample(#"flotilla_agent_apps{sync="Synced",health="Healthy"}"#) == 1
      }
      let answer = try await admin.get("metrics")
      #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
      try MetricsPage(of: "agent").expect(answer.text)
      #expect(!answer.text.contains("dev-1"))
      for name in [
        "flotilla_agent_info{version=\"\(Program.version)\",target=\"kubernetes\"}", "flotilla_agent_connected",
        "flotilla_agent_bundle_sequence", "flotilla_agent_last_pull_timestamp_seconds",
        "flotilla_agent_last_session_timestamp_seconds", #"flotilla_agent_watches{state="open"}"#,
        #"flotilla_agent_api_requests_total{verb="apply",kind="Deployment"}"#,
        #"flotilla_agent_api_requests_total{verb="watch",kind="Deployment"}"#,
      ] {
        #expect(try await admin.sample(name) ?? 0 > 0, "\(name)")
      }
      try await delete("/api/v1/namespaces/web/configmaps/settings-1", at: kubeconfig)
      try await eventually("the correction is counted", within: .seconds(60)) {
        try await admin.sample("flotilla_agent_corrections_total") == 1
      }
    }
  }

  private func delete(_ path: String, at kubeconfig: String) async throws {
    let file = try String(contentsOfFile: kubeconfig, encoding: .utf8)
    let server = try #require(file.firstMatch(of: /server"?: "?(http:[^"\s]+)/)).1
    var request = URLRequest(url: try #require(URL(string: server + path)))
    request.httpMethod = "DELETE"
    let (_, response) = try await URLSession.shared.data(for: request)
    #expect((response as? HTTPURLResponse)?.statusCode == 200)
  }

  @Test("an address that cannot be had is an error that names the setting")
  func taken() async throws {
    try await Stage.with { stage in
      let cluster = stage.fleet.cluster("dev-1")
      try stage.machine.makeFolder("\(stage.machine.directory)/clusters/dev-1")
      try await cluster.makeToken()
      let agent = try stage.machine.start(
        "flotilla-agent",
        [
          "run", "--state-directory", cluster.state, "--directory", cluster.manifests, "--token-file",
          cluster.tokenFile, "--admin-listen", "127.0.0.1:\(stage.fleet.adminPort)",
        ], as: "agent-dev-1")
      #expect(agent.exitStatus() == 1)
      #expect(cluster.log.contains("the admin port cannot be opened"))
      #expect(cluster.log.contains("admin-listen"))
    }
  }
}
