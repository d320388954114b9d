internal import Manifests
internal import NIOSSL
internal import Synchronization

/// Why a connection ended, as far as it was seen: gRPC itself says no more than that it did.
final class ConnectionEnding: Sendable {
  private let address: HubAddress
  private let seen = Mutex<FleetError?>(nil)

  init(_ address: HubAddress) { self.address = address }

  /// Notes an error of the connection; the first one counts.
  func note(_ error: any Error) {
    let error = explained(error)
    seen.withLock { seen in if seen == nil { seen = error } }
  }

  var error: FleetError {
    seen.withLock { $0 } ?? FleetError(.unavailable, "the hub at \(address) closed the connection")
  }

  /// A call's failure with the connection's own error where gRPC knew none.
  func explain(_ error: any Error) -> any Error {
    let error = error.asCallFailure
    guard let failure = error as? FleetError, failure.code == .unavailable, let cause = seen.withLock({ $0 }) else {
      return error
    }
    return cause
  }

  private func explained(_ error: any Error) -> FleetError {
    if let error = error as? FleetError { return error }
    let text = "\(error)"
    // BoringSSL's names. The hub's refusals come as alerts, which are about our certificate; our own come without.
    if case NIOSSLExtraError.failedToValidateHostname? = error as? NIOSSLExtraError {
      return FleetError(
        .hubNotTrusted, "the hub's certificate does not name \(address.host)", cause: text,
        nextStep: "use an address that it names, or give the hub a certificate that names this one")
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return FleetError(
        .hubNotTrusted, "the certificate at \(address) does not come from an authority that is trusted for the hub",
        cause: text, nextStep: "check the address, and that the hub's authority has not changed")
    }
    if text.contains("ALERT") {
      return FleetError(
        .certificateUnusable, "the hub at \(address) refused the connection's certificate", cause: text,
        nextStep: "renew the certificate if it has expired; enrol again if the hub's authority has changed")
    }
    return FleetError(.unavailable, "the connection to the hub at \(address) failed", cause: text)
  }
}
