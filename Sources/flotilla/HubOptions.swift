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
    try await OperatorFile(path: try path()).withHub(on: .singletonMultiThreadedEventLoopGroup, body)
  }

  /// Where the hub is.
  func address() throws(FleetError) -> HubAddress { try OperatorFile(path: try path()).address }

  private func path() throws(FleetError) -> String {
    if let operatorFile { return operatorFile }
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

extension FleetError.Code {
  /// Nothing says which hub to ask.
  static let noOperator = FleetError.Code("no-operator")
}
