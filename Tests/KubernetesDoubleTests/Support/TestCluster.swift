import AsyncHTTPClient
import Foundation
import Manifests
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// What a test does with a control plane: calls, and waiting for what they lead to.
struct TestCluster: Sendable {
  let plane: any ControlPlane
  /// A namespace that only this test writes to.
  let namespace: String
  private let client: HTTPClient

  init(_ plane: any ControlPlane, namespace: String) {
    self.plane = plane
    self.namespace = namespace
    client = Self.client(plane)
  }

  static func with(_ plane: any ControlPlane, _ body: (TestCluster) async throws -> Void) async throws {
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
  var mark: Object { ["flotilla.dev/test": .string(namespace)] }

  /// Takes everything away that the test left.
  private func leave() async throws {
    if plane.outlivesTests {
      for collection in Self.shared {
        try await call("DELETE", "\(collection)?labelSelector=flotilla.dev/test=\(namespace)")
      }
      try await call("DELETE", "/api/v1/namespaces/\(namespace)")
    }
    try await client.shutdown()
  }

  private static let shared =
    ["validating", "mutating"].map { "/apis/admissionregistration.k8s.io/v1/\($0)webhookconfigurations" }
    + ["policybindings", "policies"].map { "/apis/admissionregistration.k8s.io/v1/validatingadmission\($0)" }
    + ["/apis/apiregistration.k8s.io/v1/apiservices", definitions]

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
  func call(
    _ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json",
    headers: [String: String] = [:]
  ) async throws -> Reply {
    try await send(method, path, body.map { JSON.compact($0) }, type: type, headers: headers)
  }

  func send(
    _ method: String, _ path: String, _ body: [UInt8]?, type: String = "application/json",
    headers: [String: String] = [:]
  ) async throws -> Reply {
    let request = request(method, path, body, type, headers)
    let response = try await client.execute(request, timeout: Self.patience)
    let bytes = try await response.body.collect(upTo: 64 << 20)
    return Reply(status: Int(response.status.code), headers: response.headers, bytes: Array(buffer: bytes))
  }

  /// Opens a watch.
  func watch(_ path: String, _ query: String = "") async throws -> WatchReader {
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
  func create(_ path: String, _ object: Value) async throws -> Value {
    let reply = try await call("POST", path, object)
    try #require(reply.status == 201, "\(path): \(reply.text)")
    return reply.value
  }

  /// Applies an object, whatever becomes of it.
  @discardableResult
  func apply(_ path: String, _ object: Value, manager: String = "flotilla", _ query: String = "") async throws -> Reply
  {
    let separator = query.isEmpty ? "" : "&"
    return try await call(
      "PATCH", "\(path)?fieldManager=\(manager)\(separator)\(query)", object, type: "application/apply-patch+yaml")
  }

  /// Asks until something holds.
  @discardableResult
  func wait(_ path: String, for what: String, _ holds: (Reply) -> Bool) async throws -> Reply {
    try await wait(for: "\(path) \(what)", { try await call("GET", path) }, holds)
  }

  /// Tries until something holds.
  @discardableResult
  func wait(
    for what: String, _ attempt: () async throws -> Reply, _ holds: (Reply) -> Bool
  ) async throws -> Reply {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let reply = try await attempt()
      if holds(reply) { return reply }
      try #require(ContinuousClock.now < deadline, "never: \(what): \(reply.text)")
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Asks until the server is ready, whatever happens to connections.
  func waitUntilReady() async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      if let reply = try? await call("GET", "/readyz"), reply.status == 200 { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw RealControlPlane.Failure(text: "the control plane never gets ready")
  }

  /// Asks one thing.
  static func ask(_ plane: any ControlPlane, _ path: String) async throws -> Reply {
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

/// An answer, read whole.
struct Reply: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var value: Value { (try? JSON.parse(bytes, file: "reply")) ?? .null }
  var reason: String? { value["reason"]?.string }
  var message: String { value["message"]?.string ?? "" }
  var causes: [Value] { value[path: "details", "causes"]?.array ?? [] }
  var type: String { header("Content-Type") ?? "" }
  func header(_ name: String) -> String? { headers.first(name: name) }
  var resourceVersion: String { value[path: "metadata", "resourceVersion"]?.string ?? "" }
}

/// The events of a watch, one by one.
final class WatchReader {
  private var bytes: [UInt8] = []
  private var chunks: HTTPClientResponse.Body.AsyncIterator
  let status: Int
  let headers: HTTPHeaders

  init(_ response: HTTPClientResponse) {
    status = Int(response.status.code)
    headers = response.headers
    chunks = response.body.makeAsyncIterator()
  }

  /// The next event; nil when the server ended the stream.
  func next(isolation: isolated (any Actor)? = #isolation) async throws -> Value? {
    while true {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(bytes[..<end])
        bytes.removeSubrange(...end)
        return try JSON.parse(line, file: "event")
      }
      guard let chunk = try await chunks.next(isolation: isolation) else { return nil }
      bytes += chunk.readableBytesView
    }
  }

  /// The type and the object's name of the next event.
  func nextLine(isolation: isolated (any Actor)? = #isolation) async throws -> String {
    guard let event = try await next(isolation: isolation) else { return "end" }
    return "\(event["type"]?.string ?? "") \(event[path: "object", "metadata", "name"]?.string ?? "")"
  }
}
