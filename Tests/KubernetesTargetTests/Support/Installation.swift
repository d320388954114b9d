import AgentCore
import FleetModel
import Foundation
import KubernetesDouble
import Logging
import Manifests
import TestSupport
import Testing

@testable import KubernetesTarget

/// How an agent can be installed: the overlays in Examples/deploy/agent.
enum Variant: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case clusterAdmin = "cluster-admin"
  case kinds
  case namespaced

  var testDescription: String { rawValue }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples/deploy/agent")

  /// What `flotilla build` makes of it.
  func objects() throws -> [Value] { try Variant.build("overlays/\(rawValue)") }

  /// What `flotilla build` makes of one of the folders, with a line more in its kustomization.
  static func build(_ path: String, with line: String? = nil) throws -> [Value] {
    let copy = FileManager.default.temporaryDirectory.appending(path: "deploy-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: folder, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    let kustomization = copy.appending(path: path).appending(path: "kustomization.yaml")
    let text = try String(contentsOf: kustomization, encoding: .utf8)
    try Data((text + (line ?? "") + "\n").utf8).write(to: kustomization)
    let program = Bundle.main.bundleURL.appending(path: "flotilla").path
    let result = try runProgram(program, ["build", copy.appending(path: path).path])
    try #require(result.status == 0, "\(result.text)")
    return try YAML.parse(Array(result.text.utf8), file: path).map(\.value)
  }

  /// What the Deployment's arguments say to the agent.
  func settings() throws -> KubernetesTarget.Settings {
    let agent = try #require(try objects().first { $0["kind"]?.string == "Deployment" })
    let containers = agent[path: "spec", "template", "spec", "containers"]?.array ?? []
    let arguments = (containers.first?["args"]?.array ?? []).compactMap(\.string)
    func value(_ name: String) -> String? {
      arguments.first { $0.hasPrefix("--\(name)=") }.map { String($0.dropFirst(name.count + 3)) }
    }
    var settings = KubernetesTarget.Settings()
    settings.namespaces = value("namespaces")?.split(separator: ",").map(String.init) ?? []
    settings.accounts = value("impersonate").flatMap(AppAccounts.init)
    return settings
  }
}

/// A server that enforces roles, with an agent's service account and an administrator.
struct Installation: Sendable {
  static let agent = "system:serviceaccount:flotilla-system:flotilla-agent"

  let admin: APIClient
  let client: APIClient
  /// nil where the server is a real one.
  let double: KubernetesDouble?

  enum Plane: String, Sendable, CustomTestStringConvertible {
    case double
    case real

    static let tested: [Plane] = LocalControlPlane.binaries == nil ? [.double] : [.double, .real]
    var testDescription: String { rawValue }
  }

  /// Installs a variant as an administrator would, and runs `body` with the agent's own rights.
  static func with(
    _ variant: Variant, on plane: Plane = .double, _ body: (Installation) async throws -> Void
  ) async throws {
    switch plane {
    case .double: try await withDouble(variant, body)
    case .real: try await withRealServer(variant, body)
    }
  }

  private static func withDouble(_ variant: Variant, _ body: (Installation) async throws -> Void) async throws {
    var settings = DoubleSettings()
    settings.enforcesRBAC = true
    settings.runsWorkloads = true
    settings.administratorToken = "admin"
    settings.users = ["admin": .administrator, "agent": DoubleUser(name: agent)]
    let double = try await KubernetesDouble.start(settings)
    func client(_ token: String) throws -> APIClient {
      Server.makeClient(try Kubeconfig.access(Array(double.kubeconfig(token: token).utf8), file: "/double"))
    }
    let (admin, agent) = (try client("admin"), try client("agent"))
    let result = await attempt {
      try await install(variant, admin)
      try await body(Installation(admin: admin, client: agent, double: double))
    }
    await agent.close()
    await admin.close()
    await double.kill()
    try result.get()
  }

  private static func withRealServer(_ variant: Variant, _ body: (Installation) async throws -> Void) async throws {
    let plane = try LocalControlPlane.start(binaries: try #require(LocalControlPlane.binaries))
    defer { plane.end() }
    var kubeconfig: String?
    try await eventually("the server has its certificate") {
      kubeconfig = plane.kubeconfig
      return kubeconfig != nil
    }
    var access = try Kubeconfig.access(Array(try #require(kubeconfig).utf8), file: "/real")
    let admin = Server.makeClient(access)
    try await eventually("the server is ready", within: .seconds(180)) {
      (try? await admin.send(APIRequest(.get, kind: "", path: "/readyz"))) != nil
    }
    let result = await attempt {
      try await install(variant, admin)
      access.credentials = .token(.bytes(try await makeToken(admin)))
      let agent = Server.makeClient(access)
      let result = await attempt { try await body(Installation(admin: admin, client: agent, double: nil)) }
      await agent.close()
      try result.get()
    }
    await admin.close()
    try result.get()
  }

  private static func attempt(_ body: () async throws -> Void) async -> Result<Void, any Error> {
    do {
      return .success(try await body())
    } catch {
      return .failure(error)
    }
  }

  /// The agent's token, as a kubelet would get one.
  private static func makeToken(_ admin: APIClient) async throws -> [UInt8] {
    let path = "/api/v1/namespaces/flotilla-system/serviceaccounts/flotilla-agent/token"
    var request = APIRequest(.create, kind: "TokenRequest", path: path)
    request.body = JSON.compact([
      "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
      "spec": ["audiences": ["https://kubernetes.default.svc"]],
    ])
    let answer = try admin.value(try await admin.send(request), of: request)
    return Array(try #require(answer[path: "status", "token"]?.string).utf8)
  }

  private static func install(_ variant: Variant, _ admin: APIClient) async throws {
    let discovery = Discovery(client: admin)
    for object in try variant.objects() {
      let id = try Manifest(object).id
      let version = object["apiVersion"]?.string?.split(separator: "/").last.map(String.init) ?? ""
      let resource = try await discovery.resource(group: id.group, version: version, kind: id.kind)
      var request = APIRequest(.create, kind: id.kind, path: resource.path(namespace: id.namespace))
      request.body = JSON.compact(object)
      _ = try await admin.send(request)
    }
  }

  func patch(_ path: String, _ change: Value) async throws {
    var request = APIRequest(.patch, kind: "", path: path)
    request.contentType = "application/merge-patch+json"
    request.query = [("fieldManager", "somebody")]
    request.body = JSON.compact(change)
    _ = try await admin.send(request)
  }

  /// Runs the agent's target with its watches.
  func withAgent(
    _ settings: KubernetesTarget.Settings, _ body: (KubernetesTarget, Changes) async throws -> Void
  ) async throws {
    let changes = Changes()
    var settings = settings
    settings.holder = LeaseHolder(identity: "acme/one", boot: "b1")
    settings.inquiry = RetrySchedule(first: .milliseconds(40), longest: .milliseconds(200))
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
}

extension Value {
  /// The same object in a namespace.
  func placed(in namespace: String) -> Value {
    var object = self
    object["metadata"]?["namespace"] = .string(namespace)
    return object
  }
}

func namespace(_ name: String) -> Value {
  ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
}

extension ObjectOutcome.Result {
  /// nil for what did not fail.
  var error: FleetError? { if case .failed(let error, _) = self { error } else { nil } }
}
