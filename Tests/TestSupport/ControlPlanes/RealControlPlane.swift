import Foundation
import Manifests
import NIOSSL
public import TestSupport

/// A real API server: started from `KUBEBUILDER_ASSETS`, or the one that `FLOTILLA_TEST_KUBECONFIG` names.
public actor RealControlPlane {
  public static let shared = RealControlPlane()

  public static let isConfigured = binaries != nil || kubeconfig != nil
  /// Whether it is started here, so that a test may have one of its own to stop and kill.
  public static let isStartedHere = kubeconfig == nil && binaries != nil

  /// What a listing of tests says when there is none.
  public static let notice =
    "neither KUBEBUILDER_ASSETS (a folder with etcd and kube-apiserver) nor FLOTILLA_TEST_KUBECONFIG is set"
  /// What it says of tests that need one of their own.
  public static let noticeOfOwn = "KUBEBUILDER_ASSETS (a folder with etcd and kube-apiserver) is not set"

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
    return try await startOwn().plane
  }

  /// A server that nobody else has; end it when it is no longer needed.
  public static func startOwn() async throws -> (server: LocalControlPlane, plane: RunningPlane) {
    guard let binaries else { throw ControlPlaneFailure(noticeOfOwn) }
    let local = try LocalControlPlane.start(binaries: binaries, controllers: LocalControlPlane.allControllers)
    do {
      try await TestCluster.waitUntilReady(RunningPlane(url: local.url, token: local.token))
      return (local, try RunningPlane(local))
    } catch {
      local.end()
      throw error
    }
  }
}

/// What keeps a control plane from being used.
public struct ControlPlaneFailure: Error, CustomStringConvertible {
  public var description: String

  init(_ text: String) { description = text }
}

/// A cluster that may be written to, by the current context of a kubeconfig.
public struct RunningPlane: ControlPlane {
  public let url: String
  public let kubeconfig: String
  public let token: String?
  public private(set) var clientCertificate: ClientCertificate?
  public let outlivesTests = true
  public let runsControllers: Bool

  /// A server that was started here and answers.
  init(_ local: LocalControlPlane) throws {
    guard let kubeconfig = local.kubeconfig else { throw ControlPlaneFailure("the server has no certificate") }
    self.kubeconfig = kubeconfig
    url = local.url
    token = local.token
    runsControllers = local.runsControllers
  }

  /// The server at an address, for somebody with this token.
  public init(url: String, token: String) {
    self.url = url
    self.token = token
    kubeconfig = ""
    runsControllers = false
  }

  public init(kubeconfig file: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
    let config = try YAML.parse(bytes, file: file, dialect: .settings).first?.value
    func entry(_ list: String, _ part: String, _ name: String?) -> Value? {
      config?[list]?.array?.first { $0["name"]?.string == name }?[part]
    }
    let context = entry("contexts", "context", config?["current-context"]?.string)
    let cluster = entry("clusters", "cluster", context?["cluster"]?.string)
    let user = entry("users", "user", context?["user"]?.string)
    url = cluster?["server"]?.string ?? ""
    kubeconfig = String(decoding: bytes, as: UTF8.self)
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
