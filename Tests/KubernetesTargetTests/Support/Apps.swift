import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Logging
import Manifests
import Synchronization
import Testing

@testable import KubernetesTarget

/// A target on a server, with its watches running and what they told.
struct Cluster: Sendable {
  let server: Server
  let target: KubernetesTarget
  let changes: Changes

  static func with(
    _ plane: Plane, _ settings: DoubleSettings = DoubleSettings(), deletion: Duration = patience,
    _ body: (Cluster) async throws -> Void
  ) async throws {
    try await Server.with(plane, settings) { server in try await with(server, deletion: deletion, body) }
  }

  /// How long a deletion is waited for that is going to come to an end.
  static let patience = Duration.seconds(30)

  /// For what cannot be done to a real server.
  static func withDouble(
    _ settings: DoubleSettings = DoubleSettings(), _ body: (KubernetesDouble, Cluster) async throws -> Void
  ) async throws {
    try await Server.withDouble(settings) { double, server in
      try await with(server) { try await body(double, $0) }
    }
  }

  /// Another agent of the same server: what it knows it has read there.
  static func with(
    _ server: Server, holder: LeaseHolder? = nil, lease duration: Duration = .seconds(3_600),
    deletion: Duration = patience,
    now: @escaping @Sendable () -> Timestamp = { .now },
    configure: (inout KubernetesTarget.Settings) -> Void = { _ in }, _ body: (Cluster) async throws -> Void
  ) async throws {
    let changes = Changes()
    let target = makeTarget(server, holder: holder, lease: duration, deletion: deletion, now: now, configure)
    let watching = Task { try await target.watch { changes.add($0) } }
    do {
      try await body(Cluster(server: server, target: target, changes: changes))
    } catch {
      watching.cancel()
      throw error
    }
    watching.cancel()
    _ = await watching.result
  }

  static func makeTarget(
    _ server: Server, holder: LeaseHolder? = nil, lease duration: Duration = .seconds(3_600),
    deletion: Duration = patience,
    now: @escaping @Sendable () -> Timestamp = { .now },
    _ configure: (inout KubernetesTarget.Settings) -> Void = { _ in }
  ) -> KubernetesTarget {
    var settings = KubernetesTarget.Settings()
    settings.namespace = Own.namespace
    settings.deletionDeadline = deletion
    settings.holder = holder
    settings.leaseDuration = duration
    settings.inquiry = RetrySchedule(first: .milliseconds(40), longest: .milliseconds(200))
    configure(&settings)
    return KubernetesTarget(
      client: server.client, settings: settings,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: now, random: { 0 })
  }

  /// Applies and returns what became of each object, by name.
  @discardableResult
  func apply(_ app: DesiredApp, _ mode: ApplyMode = .enforce) async -> [String: String] {
    let outcomes = await target.apply(app, mode)
    return Dictionary(outcomes.map { ($0.id.name, $0.result.word) }, uniquingKeysWith: { first, _ in first })
  }

  /// The error of the one object that failed.
  func failure(_ app: DesiredApp) async throws -> (error: FleetError, isTransient: Bool) {
    let outcomes = await target.apply(app, .enforce)
    let failures = outcomes.compactMap { outcome -> (FleetError, Bool)? in
      if case .failed(let error, let isTransient) = outcome.result { (error, isTransient) } else { nil }
    }
    try #require(failures.count == 1)
    return failures[0]
  }

  /// Requests of the agent that may have changed something.
  var writes: Int { server.requests([.apply, .create, .update, .patch, .delete]) }

  func object(_ resource: APIResource, _ name: String, namespace: String? = nil) async throws -> Value? {
    try await server.object(resource, name, namespace: namespace)
  }
}

/// What watches told of apps.
final class Changes: Sendable {
  private let told = Mutex<Set<TargetChange>>([])

  func add(_ change: TargetChange) { _ = told.withLock { $0.insert(change) } }
  func contains(_ change: TargetChange) -> Bool { told.withLock { $0.contains(change) } }
  func forget() { told.withLock { $0 = [] } }
  var isEmpty: Bool { told.withLock(\.isEmpty) }
}

extension ObjectOutcome.Result {
  var word: String {
    switch self {
    case .unchanged: "unchanged"
    case .created: "created"
    case .changed: "changed"
    case .deleted: "deleted"
    case .differs: "differs"
    case .failed(let error, _): "failed: \(error.code)"
    }
  }
}

/// - Parameter name: what its name, which no other test has, begins with.
func app(_ objects: [Value], named name: String = "shop", policy: AppPolicy = AppPolicy()) throws -> DesiredApp {
  let manifests = try ManifestSet(objects.map { value throws(FleetError) in try Manifest(value) })
  return DesiredApp(
    name: Own.name(name), digest: AppDigest(manifests.digest), manifests: manifests, policy: policy, order: 0,
    confirmedDeletions: [])
}

func deployment(_ name: String, replicas: Int64? = 2, image: String = "nginx:1", label: String = "web") -> Value {
  var spec: Object = [
    "selector": ["matchLabels": ["app": .string(label)]],
    "template": [
      "metadata": ["labels": ["app": .string(label)]],
      "spec": [
        "schedulerName": .string(schedulerOfTests),
        "containers": [
          ["name": "web", "image": .string(image), "ports": [["containerPort": 80]], "args": ["a", "b"]]
        ],
        "volumes": [["name": "tmp", "emptyDir": .object(Object())]],
      ],
    ],
  ]
  if let replicas { spec["replicas"] = .integer(replicas) }
  return [
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": ["name": .string(name), "namespace": .string(Own.namespace)], "spec": .object(spec),
  ]
}

let statefulSets = APIResource(
  group: "apps", version: "v1", kind: "StatefulSet", name: "statefulsets", isNamespaced: true, verbs: [])
let daemonSets = APIResource(
  group: "apps", version: "v1", kind: "DaemonSet", name: "daemonsets", isNamespaced: true, verbs: [])
let deployments = APIResource(
  group: "apps", version: "v1", kind: "Deployment", name: "deployments", isNamespaced: true, verbs: [])
