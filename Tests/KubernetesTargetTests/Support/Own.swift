import Manifests

/// What only the running test has, on a server that other tests use at the same time.
enum Own {
  /// Where the objects of its apps are.
  @TaskLocal static var namespace = "default"

  /// A name that no other test has: of an app, or of an object outside namespaces. On a server of one's own any will do.
  static func name(_ name: String) -> String { namespace == "default" ? name : "\(name)-\(namespace)" }

  /// Labels by which an object outside namespaces is taken away when the test is over.
  static var mark: Object { ["flotilla.dev/test": .string(namespace)] }
}
