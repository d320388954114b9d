import Foundation
import KubernetesTarget
import LocalFleet
import Manifests
import Wire

/// A hub, and one cluster with an agent on a measured server, as processes.
struct MeasuredFleet {
  static let clusterName = "bench"

  let machine: LocalMachine
  let repository: WorkingRepository
  let fleet: LocalFleet
  let server: MeasuredServer

  var cluster: LocalCluster { fleet.cluster(Self.clusterName) }

  /// Runs `body` when the namespaces are there and the agent has nothing left to do.
  static func with(
    _ server: MeasuredServer, namespaces: [String], logLevel: String = "info",
    _ body: (MeasuredFleet) async throws -> Void
  ) async throws {
    let machine = try LocalMachine(directory: nil, programs: Place.programs)
    do {
      try await body(try await MeasuredFleet(on: machine, server, namespaces, logLevel))
    } catch {
      await machine.end(removing: true)
      throw error
    }
    await machine.end(removing: true)
  }

  private init(
    on machine: LocalMachine, _ server: MeasuredServer, _ namespaces: [String], _ logLevel: String
  ) async throws {
    self.machine = machine
    self.server = server
    repository = try WorkingRepository(
      files: Self.files(namespaces), in: "\(machine.directory)/repository")
    fleet = try LocalFleet(on: machine, repository: repository.url, fleet: "bench", logLevel: logLevel)
    _ = try await fleet.clusters()
    try await cluster.makeToken()
    try cluster.startAgent(kubeconfig: server.kubeconfig)
    try await healthy(apps: 1)
  }

  private static func files(_ namespaces: [String]) -> [String: String] {
    var files = app(
      "base",
      namespaces.map { "apiVersion: v1\nkind: Namespace\nmetadata: {name: \($0)}\n" }.joined(separator: "---\n"))
    files["fleet.yaml"] = """
      apiVersion: flotilla.dev/v1alpha1
      kind: Fleet
      metadata: {name: bench}
      spec:
        environments: [prod]
        pipelines:
          default:
            stages:
              - {name: all, clusterSelector: {}, waves: [100%], soak: 0s}

      """
    files["clusters/\(clusterName).yaml"] = """
      apiVersion: flotilla.dev/v1alpha1
      kind: Cluster
      metadata: {name: \(clusterName)}
      spec: {environment: prod}

      """
    return files
  }

  private static func app(_ name: String, _ objects: String) -> [String: String] {
    [
      "apps/\(name)/app.yaml": """
      apiVersion: flotilla.dev/v1alpha1
      kind: App
      metadata: {name: \(name)}
      spec: {overlays: [base]}

      """,
      "apps/\(name)/base/kustomization.yaml": "resources: [objects.yaml]\n",
      "apps/\(name)/base/objects.yaml": objects,
    ]
  }

  /// Commits apps with these objects; returns when the branch moved.
  @discardableResult
  func commit(_ apps: [String: String]) throws -> Date {
    for (name, objects) in apps {
      for (file, text) in Self.app(name, objects) { try repository.write(text, to: file) }
    }
    try repository.commit("\(apps.count) apps more")
    let branch = "\(repository.folder)/.git/refs/heads/main"
    return try FileManager.default.attributesOfItem(atPath: branch)[.modificationDate] as? Date ?? .now
  }

  /// Waits until the hub has heard of so many healthy apps.
  func healthy(apps: Int) async throws {
    try await eventually("\(apps) apps are healthy", within: .seconds(600), every: .milliseconds(200)) {
      let shown = try await fleet.ask { try await $0.listClusters(.init()) }.clusters.first
      return shown?.appsHealthy == Int64(apps) && shown?.appsSynced == Int64(apps)
    }
  }

  /// Waits until so many apps have passed their gates: nothing of them blocks, which an Ingress without an address does
  /// not, and no rollout is left to do.
  ///
  /// By the hub's metrics: asked as an operator it would read a thousand apps for each answer.
  func released(apps: Int) async throws {
    try await server.withClient(of: "http://127.0.0.1:\(fleet.adminPort)") { hub in
      try await released(apps, hub)
    }
  }

  private func released(_ apps: Int, _ hub: APIClient) async throws {
    try await eventually("\(apps) apps are released", within: .seconds(600), every: .milliseconds(100)) {
      let answer = try await hub.send(APIRequest(.get, kind: "", path: "/metrics"))
      let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
      let states = lines.filter { $0.hasPrefix("flotilla_rollouts{") && !$0.hasSuffix(" 0") }
      return states.count == 1 && states.first?.contains("Succeeded") == true
        && states.first?.split(separator: " ").last.flatMap { Double($0) } == Double(apps)
    }
  }

  /// Starts the agent once more, on the state that it left.
  func restartAgent(_ arguments: [String] = []) async throws -> Date {
    try await cluster.agent.stop()
    let began = Date.now
    try cluster.startAgent(kubeconfig: server.kubeconfig, arguments)
    return began
  }

  /// The agent's log from an instant on.
  func agentLog(since instant: Date) throws -> [LogEntry] {
    let text = try String(contentsOfFile: machine.logFile(of: "agent-\(Self.clusterName)"), encoding: .utf8)
    return text.split(separator: "\n").suffix(5_000).compactMap(LogEntry.init).filter { $0.time >= instant }
  }

  /// Waits for a line of the agent's log, and returns it.
  func line(_ parts: [String], since instant: Date) async throws -> LogEntry {
    var found: LogEntry?
    try await eventually("the agent logs \(parts)", within: .seconds(300)) {
      found = try agentLog(since: instant).first { line in parts.allSatisfy { line.text.contains($0) } }
      return found != nil
    }
    guard let found else { throw FleetError(.localFleet, "no such line") }
    return found
  }
}

/// Objects that are measured with.
enum SampleObjects {
  /// A quarter each of ConfigMaps, Secrets, ServiceAccounts and Services: what is there is healthy, and no controller
  /// works on it beside what is measured.
  static func plain(_ count: Int, in namespace: String) -> String {
    (0..<count).map { number in
      let name = "metadata: {name: object-\(number), namespace: \(namespace), labels: {part: \"\(number % 10)\"}}\n"
      switch number % 4 {
      case 0: return "apiVersion: v1\nkind: ConfigMap\n\(name)data: {text: \"of \(number)\", mode: quiet}\n"
      case 1: return "apiVersion: v1\nkind: Secret\n\(name)data: {text: c2VjcmV0}\n"
      case 2: return "apiVersion: v1\nkind: ServiceAccount\n\(name)"
      default:
        return "apiVersion: v1\nkind: Service\n\(name)spec: {selector: {app: web}, ports: [{name: http, port: 80}]}\n"
      }
    }.joined(separator: "---\n")
  }

  /// A Deployment of zero replicas with a Service, a ServiceAccount and an Ingress.
  static func smallApp(_ name: String, in namespace: String) -> String {
    let metadata = "metadata: {name: \(name), namespace: \(namespace), labels: {app: \(name)}}"
    return """
      apiVersion: apps/v1
      kind: Deployment
      \(metadata)
      spec:
        replicas: 0
        selector: {matchLabels: {app: \(name)}}
        template:
          metadata: {labels: {app: \(name)}}
          spec: {serviceAccountName: \(name), containers: [{name: main, image: "registry.test/\(name):1.0"}]}
      ---
      apiVersion: v1
      kind: Service
      \(metadata)
      spec: {selector: {app: \(name)}, ports: [{name: http, port: 80, targetPort: 8080}]}
      ---
      apiVersion: v1
      kind: ServiceAccount
      \(metadata)
      ---
      apiVersion: networking.k8s.io/v1
      kind: Ingress
      \(metadata)
      spec:
        rules:
          - host: \(name).acme.test
            http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: \(name), port: {number: 80}}}}]}

      """
  }
}
