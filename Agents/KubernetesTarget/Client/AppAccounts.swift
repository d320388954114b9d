import Manifests

/// Which service account the agent acts as when it writes an app's objects, so that each app may do what its own
/// account may and no more.
public struct AppAccounts: Hashable, Sendable {
  /// Stands for the app's name.
  static let placeholder = "{app}"

  private let namespace: String
  private let name: String

  /// - Parameter text: `NAMESPACE/NAME`, in which `{app}` stands for the app's name; nil when it is no such thing.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let namespace = parts.first, let name = parts.last else { return nil }
    self.namespace = namespace
    self.name = name
    let sample = [namespace, name].map { Self.filled($0, with: "a") }
    guard sample.allSatisfy({ Names.isLabel($0[...]) }) else { return nil }
  }

  /// The user that an API server knows the account of an app by.
  func user(of app: String) -> String {
    "system:serviceaccount:\(Self.filled(namespace, with: app)):\(Self.filled(name, with: app))"
  }

  private static func filled(_ text: String, with app: String) -> String {
    text.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: app)
  }
}
