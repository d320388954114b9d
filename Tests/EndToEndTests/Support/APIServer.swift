import Foundation
import FoundationNetworking
import LocalFleet
import Manifests
import Wire

/// An API server's double in a process of its own, with an agent that manages it, and what others do there.
struct APIServer {
  let cluster: String
  private let machine: LocalMachine

  init(of cluster: String, on machine: LocalMachine) {
    self.cluster = cluster
    self.machine = machine
  }

  var kubeconfig: String { "\(machine.directory)/\(cluster).kubeconfig" }

  func start() async throws {
    let file = kubeconfig
    try machine.start(
      "flotilla-kubernetes-double", ["--kubeconfig", file, "--workloads", "--remote-control"], as: "api-\(cluster)")
    try await eventually("the API server of \(cluster) answers") { FileManager.default.fileExists(atPath: file) }
  }

  private var url: String {
    get throws {
      let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
      guard let match = text.firstMatch(of: /server: "([^"]+)"/) else { throw URLError(.badURL) }
      return String(match.1)
    }
  }

  /// Sends a request; nil where there is no such object.
  @discardableResult
  func send(_ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json") async throws
    -> Value?
  {
    guard let url = URL(string: try url + path) else { throw URLError(.badURL) }
    var request = URLRequest(url: url)
    request.httpMethod = method
    if let body {
      request.httpBody = Data(JSON.compact(body))
      request.setValue(type, forHTTPHeaderField: "Content-Type")
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    if status == 404 { return nil }
    guard (200..<300).contains(status) else {
      throw FleetError(.localFleet, "\(method) \(path): \(status)", cause: String(decoding: data, as: UTF8.self))
    }
    return try JSON.parse(Array(data), file: path)
  }

  func configMap(_ name: String, in namespace: String = "web") async throws -> Value? {
    try await send("GET", "/api/v1/namespaces/\(namespace)/configmaps/\(name)")
  }

  /// The text that a sample's ConfigMap holds; nil where there is none.
  func text(_ name: String = "settings-1", in namespace: String = "web") async throws -> String? {
    try await configMap(name, in: namespace)?[path: "data", "text"]?.string
  }

  func deployment(_ name: String = "web", in namespace: String = "web") async throws -> Value? {
    try await send("GET", "/apis/apps/v1/namespaces/\(namespace)/deployments/\(name)")
  }

  func image(_ name: String = "web", in namespace: String = "web") async throws -> String? {
    try await deployment(name, in: namespace)?[path: "spec", "template", "spec", "containers"]?.array?.first?["image"]?
      .string
  }

  /// Somebody else's edit of a sample's ConfigMap.
  func edit(_ name: String = "settings-1", in namespace: String = "web", text: String = "edited") async throws {
    try await send(
      "PATCH", "/api/v1/namespaces/\(namespace)/configmaps/\(name)?fieldManager=somebody",
      ["data": ["text": .string(text)]], type: "application/merge-patch+json")
  }

  func delete(_ path: String) async throws { try await send("DELETE", path) }

  /// What a namespace has of ConfigMaps, by name, each with its uid and its text.
  func configMaps(in namespace: String = "web") async throws -> [String: (uid: String, text: String?)] {
    let items = try await send("GET", "/api/v1/namespaces/\(namespace)/configmaps")?["items"]?.array ?? []
    return Dictionary(
      items.map { item in
        let metadata = item["metadata"]
        return (
          metadata?["name"]?.string ?? "", (metadata?["uid"]?.string ?? "", item[path: "data", "text"]?.string)
        )
      }, uniquingKeysWith: { $1 })
  }

  /// What the agent's inventory lists of an app, sorted.
  func inventory(of app: String = "web") async throws -> [String] {
    let items = try await send("GET", "/api/v1/namespaces/flotilla-system/configmaps")?["items"]?.array ?? []
    return try items.filter { $0[path: "metadata", "labels", "flotilla.dev/inventory"]?.string == app }
      .flatMap { item in
        let text = item[path: "data", "objects"]?.string ?? "[]"
        return try JSON.parse(Array(text.utf8), file: "objects").array?.compactMap(\.string) ?? []
      }.sorted()
  }

  // MARK: What the double lets happen

  /// Has something go wrong from now on, as `RemoteControl` of the double says.
  func disturb(_ fault: Value) async throws { try await send("POST", "/double/faults", fault) }

  func calm() async throws { try await send("DELETE", "/double/faults") }

  func forgetRequests() async throws { try await send("DELETE", "/double/requests") }

  /// The agent's requests that may have changed something, its Lease aside.
  func agentWrites() async throws -> [Value] {
    try await send("GET", "/double/requests")?.array?.filter {
      $0["isWrite"]?.bool == true && $0["userAgent"]?.string?.hasPrefix("flotilla-agent") == true
        && $0["path"]?.string?.contains("/leases") == false
    } ?? []
  }
}

extension Stage {
  func server(of cluster: String) -> APIServer { APIServer(of: cluster, on: machine) }

  /// Runs `body` on a fleet of API servers, after the first release is everywhere.
  static func withServers(
    _ sample: SampleFleet, _ clusters: [String], link: Link? = nil, _ body: (Stage) async throws -> Void
  ) async throws {
    var sample = sample
    sample.hasNamespaces = true
    sample.clusters = sample.clusters.filter { clusters.contains($0.name) }
    try await Stage.with(sample, link: link) { stage in
      for cluster in clusters {
        try await stage.server(of: cluster).start()
        try await stage.fleet.cluster(cluster).makeToken()
        try stage.startAgent(of: cluster)
      }
      for app in ["web"] + sample.otherApps { try await stage.succeeded(try stage.head(), app: app) }
      try await body(stage)
    }
  }

  @discardableResult
  func startAgent(of cluster: String, _ arguments: [String] = []) throws -> LocalProcess {
    try fleet.cluster(cluster).startAgent(kubeconfig: server(of: cluster).kubeconfig, arguments)
  }

  /// What the hub knows of an app on a cluster.
  func placement(of app: String = "web", on cluster: String) async throws -> FlotillaV1.AppOnCluster? {
    try await fleet.ask { try await $0.getApp(.init(name: app)) }.placements.first { $0.cluster == cluster }?.app
  }
}
