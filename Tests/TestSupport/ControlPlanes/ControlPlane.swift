public import KubernetesDouble
import NIOSSL

/// A Kubernetes API server that tests may do what they like with: the double, or a real one.
public protocol ControlPlane: Sendable {
  var url: String { get }
  /// How an administrator gets in.
  var kubeconfig: String { get }
  /// An administrator's; nil where nobody is asked.
  var token: String? { get }
  /// An administrator's, where tokens are not how he comes.
  var clientCertificate: ClientCertificate? { get }
  /// Whether it goes on after a test, and what the test left with it.
  var outlivesTests: Bool { get }
  /// Whether a controller manager makes Pods of workloads, empties namespaces and collects garbage.
  var runsControllers: Bool { get }
}

public struct ClientCertificate: Sendable {
  var chain: [NIOSSLCertificate]
  var key: NIOSSLPrivateKey
}

/// Which control planes a suite runs against.
public enum Plane: String, CaseIterable, Sendable, CustomStringConvertible {
  case double
  case real

  /// The double always, a real one where one is configured.
  public static let tested: [Plane] = RealControlPlane.isConfigured ? allCases : [.double]

  public var description: String { rawValue }

  /// Runs a test against this control plane, in a namespace of its own.
  /// - Parameter settings: the double's.
  public func run(
    _ settings: DoubleSettings = DoubleSettings(), _ body: (TestCluster) async throws -> Void
  ) async throws {
    switch self {
    case .double: try await Self.runDouble(settings) { try await body($1) }
    case .real: try await TestCluster.with(try await RealControlPlane.shared.started(), body)
    }
  }

  /// Runs a test that does to the double what cannot be done to a real one.
  public static func runDouble(
    _ settings: DoubleSettings = DoubleSettings(), _ body: (KubernetesDouble, TestCluster) async throws -> Void
  ) async throws {
    let server = try await KubernetesDouble.start(settings)
    do {
      try await TestCluster.with(DoubleControlPlane(server: server)) { try await body(server, $0) }
    } catch {
      await server.kill()
      throw error
    }
    await server.kill()
  }
}

struct DoubleControlPlane: ControlPlane {
  let server: KubernetesDouble
  var url: String { server.url }
  var kubeconfig: String { server.kubeconfig() }
  var token: String? { server.settings.administratorToken }
  let clientCertificate: ClientCertificate? = nil
  let outlivesTests = false
  let runsControllers = true
}
