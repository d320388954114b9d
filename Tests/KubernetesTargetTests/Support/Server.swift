import ControlPlanes
import FleetModel
import Foundation
import KubernetesDouble
import Logging
import Manifests
import NIOPosix
import Testing

@testable import KubernetesTarget

/// An API server with a namespace that only this test has, an agent's client of it, and everybody else's.
struct Server: Sendable {
  let cluster: TestCluster
  /// The agent's: its counter knows every request.
  let client: APIClient
  /// Everybody else's, patient whatever the agent's is.
  let others: APIClient

  /// - Parameter settings: the double's.
  static func with(
    _ plane: Plane, _ settings: DoubleSettings = DoubleSettings(),
    client: APIClient.Settings = APIClient.Settings(), _ body: (Server) async throws -> Void
  ) async throws {
    try await plane.run(settings) { try await with($0, client, body) }
  }

  /// For what cannot be done to a real server.
  static func withDouble(
    _ settings: DoubleSettings = DoubleSettings(), client: APIClient.Settings = APIClient.Settings(),
    _ body: (KubernetesDouble, Server) async throws -> Void
  ) async throws {
    try await Plane.runDouble(settings) { double, cluster in
      try await with(cluster, client) { try await body(double, $0) }
    }
  }

  static func with(
    _ cluster: TestCluster, _ settings: APIClient.Settings = .init(), _ body: (Server) async throws -> Void
  ) async throws {
    let access = try access(cluster.plane)
    let server = Server(cluster: cluster, client: makeClient(access, settings), others: makeClient(access))
    do {
      try await Own.$namespace.withValue(cluster.namespace) { try await body(server) }
    } catch {
      await server.close()
      throw error
    }
    await server.close()
  }

  private static func access(_ plane: any ControlPlane) throws -> ClusterAccess {
    try Kubeconfig.access(Array(plane.kubeconfig.utf8), file: "/kubeconfig")
  }

  static func makeClient(_ access: ClusterAccess, _ settings: APIClient.Settings = .init()) -> APIClient {
    APIClient(
      access: access, group: MultiThreadedEventLoopGroup.singleton, settings: settings,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  private func close() async {
    await client.close()
    await others.close()
  }

  /// The same server for an agent with other credentials.
  func asSomebody(_ change: (inout ClusterAccess) -> Void, _ body: (Server) async throws -> Void) async throws {
    var access = client.access
    change(&access)
    let server = Server(cluster: cluster, client: Self.makeClient(access), others: others)
    do {
      try await body(server)
    } catch {
      await server.client.close()
      throw error
    }
    await server.client.close()
  }

  static let configMaps = APIResource(
    group: "", version: "v1", kind: "ConfigMap", name: "configmaps", isNamespaced: true, verbs: [])
  static let namespaces = APIResource(
    group: "", version: "v1", kind: "Namespace", name: "namespaces", isNamespaced: false, verbs: [])

  /// Requests of the agent, of these verbs.
  func requests(_ verbs: Set<APIRequest.Verb> = Set(APIRequest.Verb.allCases)) -> Int { client.counter.total(verbs) }

  /// Requests of the agent about a kind.
  func requests(_ verb: APIRequest.Verb, _ kind: String) -> Int {
    client.counter.snapshot[RequestCounter.Key(verb: verb, kind: kind)]?.requests ?? 0
  }

  @discardableResult
  func create(_ resource: APIResource, _ object: Value, manager: String = "somebody") async throws -> Value {
    var request = APIRequest(
      .create, kind: resource.kind, path: resource.path(namespace: object[path: "metadata", "namespace"]?.string ?? ""))
    request.query = [("fieldManager", manager)]
    request.body = JSON.compact(object)
    return try others.value(try await others.send(request), of: request)
  }

  /// Changes an object as somebody else would, with a merge patch.
  func patch(
    _ resource: APIResource, _ name: String, _ patch: Value, subresource: String = "", manager: String = "somebody"
  ) async throws {
    let path = path(resource, name) + (subresource.isEmpty ? "" : "/\(subresource)")
    var request = APIRequest(.patch, kind: resource.kind, path: path)
    request.contentType = "application/merge-patch+json"
    request.query = [("fieldManager", manager)]
    request.body = JSON.compact(patch)
    _ = try await others.send(request)
  }

  func delete(_ resource: APIResource, _ name: String, namespace: String? = nil) async throws {
    _ = try await others.send(APIRequest(.delete, kind: resource.kind, path: path(resource, name, namespace)))
  }

  /// The object; nil where there is none.
  func object(_ resource: APIResource, _ name: String, namespace: String? = nil) async throws -> Value? {
    let request = APIRequest(.get, kind: resource.kind, path: path(resource, name, namespace))
    do {
      return try others.value(try await others.send(request), of: request)
    } catch {
      guard error.kind == .notFound || error.kind == .notServed else { throw error }
      return nil
    }
  }

  private func path(_ resource: APIResource, _ name: String, _ namespace: String? = nil) -> String {
    resource.path(namespace: namespace ?? Own.namespace, name: name)
  }

  func get(_ resource: APIResource, _ namespace: String, _ name: String) async throws -> Value {
    let request = APIRequest(.get, kind: resource.kind, path: resource.path(namespace: namespace, name: name))
    return try client.value(try await client.send(request), of: request)
  }
}

extension Timestamp {
  /// The host's clock: what servers write of times is compared with it.
  static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

/// Waits until something holds; records an issue when it does not in time.
func eventually(
  _ what: Comment, within patience: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + patience
  while try await !condition() {
    guard ContinuousClock.now < end else {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}

func configMap(_ name: String, _ data: Object = ["a": "1"], labels: Object = ["app": "shop"]) -> Value {
  [
    "apiVersion": "v1", "kind": "ConfigMap",
    "metadata": ["name": .string(name), "namespace": .string(Own.namespace), "labels": .object(labels)],
    "data": .object(data),
  ]
}

/// The failure of a request; nil when it succeeded.
func failure(_ body: () async throws -> Void) async throws -> APIFailure? {
  do {
    try await body()
    return nil
  } catch let failure as APIFailure {
    return failure
  }
}
