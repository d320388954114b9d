import KubernetesDouble
import NIOSSL
import Testing

/// A Kubernetes API server that tests may do what they like with: the double, or a real one.
protocol ControlPlane: Sendable {
  var url: String { get }
  /// An administrator's; nil where nobody is asked.
  var token: String? { get }
  /// An administrator's, where tokens are not how he comes.
  var clientCertificate: ClientCertificate? { get }
  /// Whether a controller manager empties namespaces and collects garbage.
  var runsControllers: Bool { get }
}

struct ClientCertificate: Sendable {
  var chain: [NIOSSLCertificate]
  var key: NIOSSLPrivateKey
}

/// Which control planes the suite runs against.
enum Plane: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case double
  case real

  /// The double always, a real one where one is configured.
  static let tested: [Plane] = RealControlPlane.isConfigured ? allCases : [.double]

  var testDescription: String { rawValue }

  /// Runs a test against this control plane, in a namespace of its own.
  func run(_ body: (TestCluster) async throws -> Void) async throws {
    switch self {
    case .double:
      let server = try await KubernetesDouble.start()
      let plane = DoubleControlPlane(server: server)
      do {
        try await TestCluster.with(plane, body)
      } catch {
        await server.kill()
        throw error
      }
      await server.kill()
    case .real: try await TestCluster.with(try await RealControlPlane.shared.started(), body)
    }
  }
}

struct DoubleControlPlane: ControlPlane {
  let server: KubernetesDouble
  var url: String { server.url }
  let token: String? = nil
  let clientCertificate: ClientCertificate? = nil
  let runsControllers = true
}
