import ArgumentParser
import Glibc
import Manifests
import NIOPosix
import OperatorClient
import Wire

/// The options of every command that asks the hub.
struct HubOptions: ParsableArguments {
  @Option(
    name: .customLong("operator"),
    help: "The operator file: address and PEM files (environment: FLOTILLA_OPERATOR).")
  var operatorFile: String?

  /// Runs `body` with a connection to the hub.
  func withOperator<Result: Sendable>(
    _ body: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Result
  ) async throws -> Result {
    try await OperatorFile(path: try HubOptions.path(named: operatorFile)).withHub(
      on: .singletonMultiThreadedEventLoopGroup, body)
  }

  /// Where the hub is.
  func address() throws(FleetError) -> HubAddress {
    try OperatorFile(path: try HubOptions.path(named: operatorFile)).address
  }

  /// As `withOperator`, but begins again when the hub goes away: a restart of it ends nothing that lasts.
  ///
  /// For what goes on after the hub was asked something and answered: where it is is known to be right.
  /// - Parameter away: is told each time that the hub cannot be reached.
  func following<Result: Sendable>(
    away: @Sendable @escaping (FleetError) async -> Void,
    _ body: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Result
  ) async throws -> Result {
    while true {
      do {
        return try await withOperator(body)
      } catch let error as FleetError where error.isOfTheConnection {
        await away(error)
        try await Task.sleep(for: HubOptions.pause)
      }
    }
  }

  /// Between two tries to reach a hub that went away.
  private static let pause: Duration = .seconds(1)

  /// The operator file that is named, or the usual one.
  static func path(named: String?) throws(FleetError) -> String {
    if let named { return named }
    if let named = getenv("FLOTILLA_OPERATOR") { return String(cString: named) }
    if let home = getenv("HOME") {
      let path = String(cString: home) + "/.config/flotilla/operator.json"
      if access(path, R_OK) == 0 { return path }
    }
    throw FleetError(
      .noOperator, "which hub, and who asks?",
      nextStep: "give --operator FILE or set FLOTILLA_OPERATOR; `flotilla-hub init` wrote the first operator's file")
  }
}

extension FleetError {
  fileprivate var isOfTheConnection: Bool { code == .unavailable || code == .timedOut }
}

extension FleetError.Code {
  /// Nothing says which hub to ask.
  static let noOperator = FleetError.Code("no-operator")
}
