import Foundation
import KubernetesTarget
import LocalFleet
import Logging
import Manifests
import NIOPosix
import Programs
import TestSupport

/// An API server that an agent is measured on: the double as a process of its own, or a real one.
struct MeasuredServer: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case double
    case real
  }

  /// What a real server writes down of requests: what, by whose program, and nothing that is in it.
  static let auditPolicy = """
    apiVersion: audit.k8s.io/v1
    kind: Policy
    omitStages: [RequestReceived]
    rules: [{level: Metadata}]

    """

  /// What the controller manager may ask a second: with the 20 that it has by itself its wait for a turn would be all
  /// that is measured of many Deployments.
  private static let controllerRequests = 1_000

  let kind: Kind
  let kubeconfig: String
  let client: APIClient
  private let machine: LocalMachine
  private let plane: LocalControlPlane?

  /// The double always, a real one where `KUBEBUILDER_ASSETS` names its programs.
  static var measured: [Kind] {
    if LocalControlPlane.binaries != nil { return Kind.allCases }
    Row.print("no real API server", "KUBEBUILDER_ASSETS is not set: measured with the double only")
    return [.double]
  }

  /// Runs `body` on a server with nothing in it.
  static func with(
    _ kind: Kind, _ controllers: [String] = LocalControlPlane.housekeeping,
    _ body: (MeasuredServer) async throws -> Void
  ) async throws {
    let machine = try LocalMachine(directory: nil, programs: Place.programs)
    do {
      let server = try await MeasuredServer(kind, on: machine, controllers)
      do {
        try await body(server)
      } catch {
        await server.end()
        throw error
      }
      await server.end()
    } catch {
      await machine.end(removing: true)
      throw error
    }
    await machine.end(removing: true)
  }

  private init(_ kind: Kind, on machine: LocalMachine, _ controllers: [String]) async throws {
    self.kind = kind
    self.machine = machine
    let file = "\(machine.directory)/kubeconfig"
    kubeconfig = file
    switch kind {
    case .double:
      plane = nil
      try machine.start(
        "flotilla-kubernetes-double", ["--kubeconfig", file, "--workloads", "--remote-control"], as: "double")
    case .real:
      let plane = try LocalControlPlane.start(
        binaries: LocalControlPlane.binaries ?? "", controllers: controllers,
        controllerRequests: Self.controllerRequests,
        serverArguments: [
          "--audit-policy-file=policy.yaml", "--audit-log-path=audit.log", "--audit-log-mode=batch",
          "--audit-log-batch-max-wait=200ms", "--audit-log-batch-buffer-size=200000",
          "--audit-log-batch-throttle-enable=false",
        ], files: ["policy.yaml": Self.auditPolicy])
      self.plane = plane
      try await eventually("the API server has its certificate", within: .seconds(120)) {
        try plane.kubeconfig?.write(toFile: file, atomically: true, encoding: .utf8) != nil
      }
    }
    try await eventually("the kubeconfig is there") { FileManager.default.fileExists(atPath: file) }
    client = Self.client(try Kubeconfig.access([UInt8](try Data(contentsOf: URL(filePath: file))), file: file))
    let client = client
    try await eventually("the API server is ready", within: .seconds(120)) {
      _ = try await client.send(APIRequest(.get, kind: "", path: "/readyz"))
      return true
    }
  }

  private static func client(_ access: ClusterAccess) -> APIClient {
    var settings = APIClient.Settings()
    settings.userAgent = "flotilla-bench"
    settings.requestsPerSecond = 10_000
    return APIClient(
      access: access, group: MultiThreadedEventLoopGroup.singleton, settings: settings,
      logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  /// A client of something else that speaks HTTP without asking who comes.
  func withClient(of address: String, _ body: (APIClient) async throws -> Void) async throws {
    let other = Self.client(ClusterAccess(server: address, credentials: .anonymous, origin: address))
    do {
      try await body(other)
    } catch {
      await other.close()
      throw error
    }
    await other.close()
  }

  private func end() async {
    await client.close()
    plane?.end()
  }

  /// What it says that it is.
  func version() async throws -> String {
    let request = APIRequest(.get, kind: "", path: "/version")
    let answer = try JSON.parse(try await client.send(request).body, file: "version")
    let version = answer["gitVersion"]?.string ?? "of an unknown version"
    return kind == .double ? "the double (as \(version))" : "kube-apiserver \(version)"
  }

  /// Every request so far by the programs whose name begins so.
  func requests(of program: String) async throws -> RequestTally {
    switch kind {
    case .double:
      let answer = try await client.send(APIRequest(.get, kind: "", path: "/double/requests"))
      let all = try JSON.parse(answer.body, file: "requests", limits: ParseLimits(bytes: 1 << 30)).array ?? []
      return RequestTally(ofDouble: all.filter { $0["userAgent"]?.string?.hasPrefix(program) == true })
    case .real:
      // What it writes comes a little later.
      try await Task.sleep(for: .seconds(1))
      let log = try String(
        contentsOf: (plane?.folder ?? URL(filePath: "/")).appending(path: "audit.log"), encoding: .utf8)
      let all = log.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8), file: "audit.log") }
      return RequestTally(ofAudit: all.filter { $0["userAgent"]?.string?.hasPrefix(program) == true })
    }
  }
}

/// Requests by verb.
struct RequestTally: Sendable {
  private(set) var counts: [String: Int] = [:]
  /// Of them the Lease's, in which two agents would notice each other.
  private(set) var leases = 0

  init(ofDouble requests: [Value]) {
    for request in requests {
      let path = request["path"]?.string ?? ""
      let isOfServer = !path.hasPrefix("/api/v1/") && path.split(separator: "/").count < 4
      let isOne = request["isOfOne"]?.bool == true
      let isLease = path.contains("/leases/")
      switch request["method"]?.string {
      case "PATCH": add("apply", isLease)
      case "POST": add("create", isLease)
      case "PUT": add("update", isLease)
      case "DELETE": add("delete", isLease)
      default:
        let isWatch = request["isWatch"]?.bool == true
        add(isOfServer ? "discover" : isWatch ? "watch" : isOne ? "get" : "list", isLease)
      }
    }
  }

  init(ofAudit events: [Value]) {
    for event in events {
      let verb = event["verb"]?.string ?? ""
      let stage = event["stage"]?.string
      guard stage == (verb == "watch" ? "ResponseStarted" : "ResponseComplete") else { continue }
      let isLease = event[path: "objectRef", "resource"]?.string == "leases"
      switch (verb, event["objectRef"]) {
      case (_, nil): add("discover", isLease)
      case ("patch", _): add("apply", isLease)
      default: add(verb, isLease)
      }
    }
  }

  private mutating func add(_ verb: String, _ isLease: Bool) {
    counts[verb, default: 0] += 1
    if isLease { leases += 1 }
  }

  static func - (after: RequestTally, before: RequestTally) -> RequestTally {
    var difference = after
    for (verb, count) in before.counts { difference.counts[verb, default: 0] -= count }
    difference.counts = difference.counts.filter { $0.value != 0 }
    difference.leases -= before.leases
    return difference
  }

  var total: Int { counts.values.reduce(0, +) }
  /// Without those of the Lease, which come with time and not with work.
  var writes: Int { ["apply", "create", "update", "delete"].reduce(0) { $0 + (counts[$1] ?? 0) } }

  /// Such as `1004: 1001 apply, 3 watch`.
  var description: String {
    let parts = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
    return "\(total): \(parts.joined(separator: ", "))" + (leases > 0 ? " (\(leases) of the Lease)" : "")
  }
}
