import Foundation
import LocalFleet
import Programs

/// A first apply and a no-op resync of 1,000 objects beside kubectl's of the same.
enum KubernetesApplyBenchmark: Benchmark {
  static let name = "kubernetes-apply"
  static let summary =
    "1,000 new objects, and a resync that finds nothing to do, beside `kubectl apply --server-side` (medians of \(rounds))"
  private static let objects = 1_000
  private static let rounds = 3
  private static let passes = 5

  private struct Figures {
    var milliseconds: [Double] = []
    /// Of the last round.
    var requests = ""
    var median: Double { milliseconds.median }
  }

  static func run() async throws {
    let kubectl = Kubectl()
    for kind in MeasuredServer.measured {
      var (first, restart, pass) = (Figures(), Figures(), Figures())
      var (kubectlFirst, kubectlAgain) = (Figures(), Figures())
      for round in 0..<rounds {
        try await MeasuredServer.with(kind) { server in
          if round == 0 {
            Row.print("on \(try await server.version())", kubectl?.version ?? "kubectl is not on the PATH")
          }
          try await MeasuredFleet.with(server, namespaces: ["agent", "kubectl"], logLevel: "debug") { fleet in
            try await measureAgent(fleet, first: &first, restart: &restart, pass: &pass)
            if let kubectl { try await measure(kubectl, fleet, &kubectlFirst, &kubectlAgain) }
          }
        }
      }
      show("first apply", first, beside: kubectlFirst)
      show("no-op, a process that starts", restart, beside: kubectlAgain)
      show("no-op, the agent as it runs", pass, beside: kubectlAgain)
    }
  }

  private static func show(_ what: String, _ figures: Figures, beside kubectl: Figures) {
    Row.print(what, "\(Row.milliseconds(figures.median))   requests \(figures.requests)")
    guard !kubectl.milliseconds.isEmpty else { return }
    Row.print("  kubectl", "\(Row.milliseconds(kubectl.median))   requests \(kubectl.requests)")
    Row.print("  kubectl / agent", Row.ratio(kubectl.median / max(figures.median, 0.001)))
  }

  private static func measureAgent(
    _ fleet: MeasuredFleet, first: inout Figures, restart: inout Figures, pass: inout Figures
  ) async throws {
    let server = fleet.server
    let before = try await server.requests(of: "flotilla-agent")
    let committed = try fleet.commit(["load": SampleObjects.plain(objects, in: "agent")])
    let accepted = try await fleet.line(["bundle accepted"], since: committed)
    let synced = try await fleet.line(["app=load", "sync=synced"], since: committed)
    first.milliseconds.append(synced.time.timeIntervalSince(accepted.time) * 1000)
    try await fleet.healthy(apps: 2)
    first.requests = (try await server.requests(of: "flotilla-agent") - before).description

    let beforeRestart = try await server.requests(of: "flotilla-agent")
    let began = try await fleet.restartAgent(["--full-check-interval", "5s"])
    let compared = try await fleet.line(["every app was compared"], since: began)
    restart.requests = (try await server.requests(of: "flotilla-agent") - beforeRestart).description
    restart.milliseconds.append(compared.time.timeIntervalSince(began) * 1000)

    let beforePasses = try await server.requests(of: "flotilla-agent")
    try await eventually("there were \(passes) passes", within: .seconds(120)) {
      try fleet.agentLog(since: compared.time).count { $0.text.contains("every app was compared") } > passes
    }
    pass.requests =
      (try await server.requests(of: "flotilla-agent") - beforePasses).description + " in \(passes) passes"
    let times = try fleet.agentLog(since: compared.time).filter { $0.text.contains("every app was compared") }
      .dropFirst()
      .compactMap { $0.text.firstMatch(of: /microseconds=(\d+)/).flatMap { Double($0.1) } }
    pass.milliseconds.append(times.median / 1000)
    // While kubectl works the agent is as it usually is.
    _ = try await fleet.restartAgent()
  }

  private static func measure(
    _ kubectl: Kubectl, _ fleet: MeasuredFleet, _ first: inout Figures, _ again: inout Figures
  ) async throws {
    let server = fleet.server
    let file = "\(fleet.machine.directory)/objects.yaml"
    try SampleObjects.plain(objects, in: "kubectl").write(toFile: file, atomically: true, encoding: .utf8)
    let options = try kubectl.withoutSchemas(on: server)
    for isFirst in [true, false] {
      let before = try await server.requests(of: "kubectl")
      let took = try kubectl.apply(file, server, options)
      let requests = (try await server.requests(of: "kubectl") - before).description
      if isFirst {
        first.milliseconds.append(took)
        first.requests = requests
      } else {
        again.milliseconds.append(took)
        again.requests = requests
      }
    }
  }
}

/// The kubectl of this machine, where there is one.
struct Kubectl {
  let version: String

  init?() {
    guard let text = try? LocalProcess.run("kubectl", ["version", "--client"]) else { return nil }
    version = "kubectl " + (text.firstMatch(of: /v\d+\.\d+\.\d+/).map { String($0.0) } ?? "of an unknown version")
  }

  /// What makes it leave the schemas alone; nothing, as it comes, where the server has them in the form that it reads.
  func withoutSchemas(on server: MeasuredServer) throws -> [String] {
    let object = "\(server.kubeconfig).object.yaml"
    try "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: try, namespace: default}\n".write(
      toFile: object, atomically: true, encoding: .utf8)
    do {
      _ = try apply(object, server, ["--dry-run=server"])
      return []
    } catch {
      Row.print("kubectl", "cannot read this server's schemas, and does without: --validate=false")
      return ["--validate=false"]
    }
  }

  /// Applies a file; the milliseconds that it took.
  func apply(_ file: String, _ server: MeasuredServer, _ options: [String]) throws -> Double {
    let began = ContinuousClock.now
    try LocalProcess.run(
      "kubectl", ["--kubeconfig", server.kubeconfig, "apply", "--server-side", "-f", file] + options)
    return Double((ContinuousClock.now - began) / .microseconds(1)) / 1000
  }
}
