import AsyncHTTPClient
import Foundation
public import Manifests
import NIOCore
import NIOHTTP1
import NIOSSL

/// What a test does with a control plane: calls, and waiting for what they lead to.
public struct TestCluster: Sendable {
  public let plane: any ControlPlane
  /// A namespace that only this test writes to.
  public let namespace: String
  private let client: HTTPClient

  init(_ plane: any ControlPlane, namespace: String) {
    self.plane = plane
    self.namespace = namespace
    client = Self.client(plane)
  }

  public static func with(_ plane: any ControlPlane, _ body: (TestCluster) async throws -> Void) async throws {
    let name = "test-\(UUID().uuidString.prefix(8).lowercased())"
    let cluster = TestCluster(plane, namespace: name)
    do {
      try await cluster.create(
        "/api/v1/namespaces", ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
      try await body(cluster)
    } catch {
      try await cluster.leave()
      throw error
    }
    try await cluster.leave()
  }

  /// What marks objects outside namespaces as a test's own.
  public var mark: Object { ["flotilla.dev/test": .string(namespace)] }

  private func leave() async throws {
    // What cannot be taken away any longer is no fault of the test.
    if plane.outlivesTests { try? await clean() }
    try await client.shutdown()
  }

  /// Takes everything away that the test left.
  private func clean() async throws {
    try await releaseFinalizers()
    for collection in Self.shared {
      try await call("DELETE", "\(collection)?labelSelector=flotilla.dev/test=\(namespace)")
    }
    let namespaces = try await call("GET", "/api/v1/namespaces?labelSelector=flotilla.dev/test=\(namespace)").value
    let more = (namespaces["items"]?.array ?? []).compactMap { $0[path: "metadata", "name"]?.string }
    for name in more + [namespace] { try await call("DELETE", "/api/v1/namespaces/\(name)") }
  }

  /// A finalizer that nobody takes away would keep the namespace for ever.
  private func releaseFinalizers() async throws {
    let release: Value = ["metadata": ["finalizers": .null]]
    for api in ["/api/v1/namespaces/\(namespace)/configmaps", "/apis/apps/v1/namespaces/\(namespace)/deployments"] {
      for item in try await call("GET", api).value["items"]?.array ?? []
      where item[path: "metadata", "finalizers"] != nil {
        let name = item[path: "metadata", "name"]?.string ?? ""
        try await call("PATCH", "\(api)/\(name)", release, type: "application/merge-patch+json")
      }
    }
  }

  private static let shared =
    ["validating", "mutating"].map { "/apis/admissionregistration.k8s.io/v1/\($0)webhookconfigurations" }
    + ["policybindings", "policies"].map { "/apis/admissionregistration.k8s.io/v1/validatingadmission\($0)" }
    + [
      "/apis/apiregistration.k8s.io/v1/apiservices", "/apis/storage.k8s.io/v1/storageclasses",
      "/api/v1/persistentvolumes",
    ]
    + ["clusterroles", "clusterrolebindings"].map { "/apis/rbac.authorization.k8s.io/v1/\($0)" }
    + ["/apis/apiextensions.k8s.io/v1/customresourcedefinitions"]

  /// The server's own certificate is thrown away with it: nothing to hold it against.
  private static func client(_ plane: any ControlPlane) -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    if let certificate = plane.clientCertificate {
      tls.certificateChain = certificate.chain.map { .certificate($0) }
      tls.privateKey = .privateKey(certificate.key)
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = .http1Only
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// How long anything may take that a test waits for.
  static let patience = TimeAmount.seconds(30)

  /// Sends a request; every answer is a reply, refusals included.
  @discardableResult
  public func call(
    _ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json",
    headers: [String: String] = [:]
  ) async throws -> Reply {
    try await send(method, path, body.map { JSON.compact($0) }, type: type, headers: headers)
  }

  public func send(
    _ method: String, _ path: String, _ body: [UInt8]?, type: String = "application/json",
    headers: [String: String] = [:]
  ) async throws -> Reply {
    let request = request(method, path, body, type, headers)
    let response = try await client.execute(request, timeout: Self.patience)
    let bytes = try await response.body.collect(upTo: 64 << 20)
    return Reply(status: Int(response.status.code), headers: response.headers, bytes: Array(buffer: bytes))
  }

  /// Opens a watch.
  public func watch(_ path: String, _ query: String = "") async throws -> WatchReader {
    let separator = query.isEmpty ? "" : "&"
    let request = request("GET", "\(path)?watch=1\(separator)\(query)", nil, "", [:])
    let response = try await client.execute(request, timeout: Self.patience)
    return WatchReader(response)
  }

  private func request(
    _ method: String, _ path: String, _ body: [UInt8]?, _ type: String, _ headers: [String: String]
  ) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: plane.url + path)
    request.method = HTTPMethod(rawValue: method)
    if let token = plane.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    if let body {
      request.headers.add(name: "Content-Type", value: type)
      request.body = .bytes(body)
    }
    return request
  }

  /// Creates an object, which must succeed.
  @discardableResult
  public func create(_ path: String, _ object: Value) async throws -> Value {
    let reply = try await call("POST", path, object)
    guard reply.status == 201 else { throw ControlPlaneFailure("\(path): \(reply.text)") }
    return reply.value
  }

  /// Applies an object, whatever becomes of it.
  @discardableResult
  public func apply(_ path: String, _ object: Value, manager: String = "flotilla", _ query: String = "") async throws
    -> Reply
  {
    let separator = query.isEmpty ? "" : "&"
    return try await call(
      "PATCH", "\(path)?fieldManager=\(manager)\(separator)\(query)", object, type: "application/apply-patch+yaml")
  }

  /// A token that lets a service account of the test's namespace in.
  public func serviceAccountToken(of name: String) async throws -> String {
    let reply = try await call(
      "POST", "/api/v1/namespaces/\(namespace)/serviceaccounts/\(name)/token",
      ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:]])
    guard reply.status == 201, let token = reply.value[path: "status", "token"]?.string else {
      throw ControlPlaneFailure("no token for \(name): \(reply.text)")
    }
    return token
  }

  /// Asks until something holds.
  @discardableResult
  public func wait(_ path: String, for what: String, _ holds: (Reply) -> Bool) async throws -> Reply {
    try await wait(for: "\(path) \(what)", { try await call("GET", path) }, holds)
  }

  /// Tries until something holds.
  @discardableResult
  public func wait(
    for what: String, _ attempt: () async throws -> Reply, _ holds: (Reply) -> Bool
  ) async throws -> Reply {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let reply = try await attempt()
      if holds(reply) { return reply }
      guard ContinuousClock.now < deadline else { throw ControlPlaneFailure("never: \(what): \(reply.text)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Asks until the server is ready, whatever happens to connections.
  public func waitUntilReady() async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      if let reply = try? await call("GET", "/readyz"), reply.status == 200 { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw ControlPlaneFailure("the control plane never gets ready")
  }

  /// Asks one thing.
  public static func ask(_ plane: any ControlPlane, _ path: String) async throws -> Reply {
    let cluster = TestCluster(plane, namespace: "default")
    do {
      let reply = try await cluster.call("GET", path)
      try await cluster.client.shutdown()
      return reply
    } catch {
      try await cluster.client.shutdown()
      throw error
    }
  }

  /// Waits for a server that was just started.
  static func waitUntilReady(_ plane: any ControlPlane) async throws {
    let cluster = TestCluster(plane, namespace: "default")
    do {
      try await cluster.waitUntilReady()
    } catch {
      try await cluster.client.shutdown()
      throw error
    }
    try await cluster.client.shutdown()
  }
}
