import Foundation
import Manifests
import NIOSSL
import TestSupport
import Testing

/// A real API server: started from `KUBEBUILDER_ASSETS`, or the one that `FLOTILLA_TEST_KUBECONFIG` names.
actor RealControlPlane {
  static let shared = RealControlPlane()

  static let isConfigured = binaries != nil || kubeconfig != nil

  /// What a listing of tests says when there is none.
  static let notice: Comment =
    "neither KUBEBUILDER_ASSETS (a folder with etcd and kube-apiserver) nor FLOTILLA_TEST_KUBECONFIG is set"

  private static var binaries: String? { LocalControlPlane.binaries }
  private static var kubeconfig: String? { ProcessInfo.processInfo.environment["FLOTILLA_TEST_KUBECONFIG"] }

  private var starting: Task<RunningPlane, any Error>?

  /// The one server of this process, started when it is first asked for.
  func started() async throws -> RunningPlane {
    let task = starting ?? Task { try await Self.start() }
    starting = task
    return try await task.value
  }

  private static func start() async throws -> RunningPlane {
    if let kubeconfig { return try RunningPlane(kubeconfig: kubeconfig) }
    guard let binaries else { throw Failure(text: "\(notice)") }
    let local = try LocalControlPlane.start(binaries: binaries)
    let plane = RunningPlane(url: local.url, token: local.token, runsControllers: local.runsControllers)
    try await TestCluster.waitUntilReady(plane)
    return plane
  }

  struct Failure: Error { var text: String }
}

/// A server that answers.
struct RunningPlane: ControlPlane {
  var url: String
  var token: String?
  var clientCertificate: ClientCertificate?
  let outlivesTests = true
  var runsControllers: Bool

  init(url: String, token: String, runsControllers: Bool) {
    self.url = url
    self.token = token
    self.runsControllers = runsControllers
  }

  /// A cluster that may be written to, by the current context of a kubeconfig.
  init(kubeconfig: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: kubeconfig)))
    let config = try YAML.parse(bytes, file: kubeconfig, dialect: .settings).first?.value
    func entry(_ list: String, _ part: String, _ name: String?) -> Value? {
      config?[list]?.array?.first { $0["name"]?.string == name }?[part]
    }
    let context = entry("contexts", "context", config?["current-context"]?.string)
    let cluster = entry("clusters", "cluster", context?["cluster"]?.string)
    let user = entry("users", "user", context?["user"]?.string)
    url = cluster?["server"]?.string ?? ""
    token = user?["token"]?.string
    runsControllers = true
    if let chain = Self.decoded(user?["client-certificate-data"]), let key = Self.decoded(user?["client-key-data"]) {
      clientCertificate = ClientCertificate(
        chain: try NIOSSLCertificate.fromPEMBytes(chain), key: try NIOSSLPrivateKey(bytes: key, format: .pem))
    }
  }

  private static func decoded(_ value: Value?) -> [UInt8]? {
    value?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
  }
}
