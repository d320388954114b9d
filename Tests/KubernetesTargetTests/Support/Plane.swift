import Foundation
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

/// What the target is held against: the double always, a real API server where `FLOTILLA_TEST_KUBECONFIG` names one
/// that may be written to.
enum Plane: String, Sendable, CustomTestStringConvertible {
  case double
  case real

  static let tested: [Plane] = kubeconfig == nil ? [.double] : [.double, .real]
  private static var kubeconfig: String? { ProcessInfo.processInfo.environment["FLOTILLA_TEST_KUBECONFIG"] }

  var testDescription: String { rawValue }

  /// Runs a test with an agent's client and another one for everybody else, in a namespace of its own.
  func run(_ body: (Neighbourhood) async throws -> Void) async throws {
    switch self {
    case .double:
      let double = try await KubernetesDouble.start()
      let access = try Kubeconfig.access(Array(double.kubeconfig().utf8), file: "/double")
      do {
        try await Neighbourhood.with(access, body)
      } catch {
        await double.kill()
        throw error
      }
      await double.kill()
    case .real:
      let file = try #require(Plane.kubeconfig)
      try await Neighbourhood.with(
        try Kubeconfig.access([UInt8](Data(contentsOf: URL(filePath: file))), file: file), body)
    }
  }
}

/// A namespace of a server, an agent's target and what others do there.
struct Neighbourhood: Sendable {
  let namespace: String
  /// The agent's client: its counter knows every request.
  let client: APIClient
  let others: APIClient

  static func with(_ access: ClusterAccess, _ body: (Neighbourhood) async throws -> Void) async throws {
    let name = "test-\(UUID().uuidString.prefix(8).lowercased())"
    let place = Neighbourhood(
      namespace: name, client: Server.makeClient(access), others: Server.makeClient(access))
    do {
      try await place.create(
        "namespaces", ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
      try await body(place)
      _ = try await place.others.send(
        APIRequest(.delete, kind: "Namespace", path: Server.namespaces.path(name: name)))
    } catch {
      await place.close()
      throw error
    }
    await place.close()
  }

  private func close() async {
    await client.close()
    await others.close()
  }

  /// Runs an agent's target with its watches.
  func withAgent(_ body: (KubernetesTarget, Changes) async throws -> Void) async throws {
    let changes = Changes()
    var settings = KubernetesTarget.Settings()
    settings.namespace = namespace
    let target = KubernetesTarget(
      client: client, settings: settings, logger: client.logger, now: { .now }, random: { 0 })
    let watching = Task { try await target.watch { changes.add($0) } }
    do {
      try await body(target, changes)
    } catch {
      watching.cancel()
      throw error
    }
    watching.cancel()
    _ = await watching.result
  }

  /// The agent's requests of these verbs.
  func requests(_ verbs: Set<APIRequest.Verb>) -> Int { client.counter.total(verbs) }

  /// - Parameter path: below the namespace, or a path of cluster scope.
  func path(_ resource: String, _ name: String = "") -> String {
    let suffix = name.isEmpty ? resource : "\(resource)/\(name)"
    switch resource {
    case "namespaces": return "/api/v1/\(suffix)"
    case "deployments": return "/apis/apps/v1/namespaces/\(namespace)/\(suffix)"
    default: return "/api/v1/namespaces/\(namespace)/\(suffix)"
    }
  }

  func create(_ resource: String, _ object: Value, manager: String = "somebody") async throws {
    var request = APIRequest(.create, kind: resource, path: path(resource))
    request.query = [("fieldManager", manager)]
    request.body = JSON.compact(object)
    _ = try await others.send(request)
  }

  func patch(_ resource: String, _ name: String, _ change: Value, subresource: String = "") async throws {
    var request = APIRequest(
      .patch, kind: resource, path: path(resource, name) + (subresource.isEmpty ? "" : "/\(subresource)"))
    request.contentType = "application/merge-patch+json"
    request.query = [("fieldManager", "somebody")]
    request.body = JSON.compact(change)
    _ = try await others.send(request)
  }

  func delete(_ resource: String, _ name: String) async throws {
    _ = try await others.send(APIRequest(.delete, kind: resource, path: path(resource, name)))
  }

  /// nil when there is none.
  func object(_ resource: String, _ name: String) async throws -> Value? {
    let request = APIRequest(.get, kind: resource, path: path(resource, name))
    do {
      return try others.value(try await others.send(request), of: request)
    } catch {
      guard error.kind == .notFound else { throw error }
      return nil
    }
  }
}
