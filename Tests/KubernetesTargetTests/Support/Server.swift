import FleetModel
import Foundation
import KubernetesDouble
import Logging
import Manifests
import NIOPosix
import Testing

@testable import KubernetesTarget

/// A double, and a client of it.
struct Server: Sendable {
  let double: KubernetesDouble
  let client: APIClient
  /// Everybody else's, patient whatever the agent's is.
  let others: APIClient

  static func with(
    _ settings: DoubleSettings = DoubleSettings(), client: APIClient.Settings = APIClient.Settings(),
    _ body: (Server) async throws -> Void
  ) async throws {
    let double = try await KubernetesDouble.start(settings)
    let access = try Kubeconfig.access(Array(double.kubeconfig().utf8), file: "/double")
    let server = Server(double: double, client: makeClient(access, client), others: makeClient(access))
    do {
      try await body(server)
    } catch {
      await server.end()
      throw error
    }
    await server.end()
  }

  static func makeClient(_ access: ClusterAccess, _ settings: APIClient.Settings = .init()) -> APIClient {
    APIClient(
      access: access, group: MultiThreadedEventLoopGroup.singleton, settings: settings,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  func end() async {
    await client.close()
    await others.close()
    await double.kill()
  }

  static let configMaps = APIResource(
    group: "", version: "v1", kind: "ConfigMap", name: "configmaps", isNamespaced: true, verbs: [])
  static let namespaces = APIResource(
    group: "", version: "v1", kind: "Namespace", name: "namespaces", isNamespaced: false, verbs: [])

  @discardableResult
  func create(_ resource: APIResource, _ object: Value) async throws -> Value {
    var request = APIRequest(
      .create, kind: resource.kind, path: resource.path(namespace: object[path: "metadata", "namespace"]?.string ?? ""))
    request.body = JSON.compact(object)
    return try others.value(try await others.send(request), of: request)
  }

  /// Changes an object as somebody else would, with a merge patch.
  func patch(
    _ resource: APIResource, _ namespace: String, _ name: String, _ patch: Value, subresource: String = ""
  ) async throws {
    let path = resource.path(namespace: namespace, name: name) + (subresource.isEmpty ? "" : "/\(subresource)")
    var request = APIRequest(.patch, kind: resource.kind, path: path)
    request.contentType = "application/merge-patch+json"
    request.query = [("fieldManager", "somebody")]
    request.body = JSON.compact(patch)
    _ = try await others.send(request)
  }

  func delete(_ resource: APIResource, _ namespace: String, _ name: String) async throws {
    _ = try await others.send(
      APIRequest(.delete, kind: resource.kind, path: resource.path(namespace: namespace, name: name)))
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
    "metadata": ["name": .string(name), "namespace": "default", "labels": .object(labels)], "data": .object(data),
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
