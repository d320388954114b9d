internal import Manifests
internal import NIOSSL
internal import Synchronization

/// Why a connection ended, as far as it was seen: gRPC itself says no more than that it did.
final class ConnectionEnding: Sendable {
  private let address: HubAddress
  private let seen = Mutex<FleetError?>(nil)

  init(_ address: HubAddress) { self.address = address }

  /// Notes an error of the connection. The first one counts, unless it says no more than that the connection is gone.
  func note(_ error: any Error) {
    let error = explained(error)
    seen.withLock { seen in if seen == nil || seen?.code == .unavailable { seen = error } }
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
    if case NIOSSLExtraError.failedToValidateHostname? = error as? NIOSSLExtraError {
      return FleetError(
        .hubNotTrusted, "the hub's certificate does not name \(address.host)",
        nextStep: "use an address that it names, or give the hub a certificate that names this one")
    }
    return explainedByReason(ConnectionEnding.reason(of: "\(error)"))
  }

  /// The names are BoringSSL's. An alert is the hub's word about our certificate; what is none is ours about the hub's.
  private func explainedByReason(_ reason: String) -> FleetError {
    if reason.contains("CERTIFICATE_VERIFY_FAILED") {
      return FleetError(
        .hubNotTrusted,
        "the certificate shown at \(address) has expired or is not from an authority that is trusted for the hub",
        cause: reason, nextStep: "check the address, the clock, and that the hub's authority has not changed")
    }
    if reason.contains("ALERT_CERTIFICATE_EXPIRED") {
      return FleetError(
        .certificateExpired, "the hub at \(address) holds this client's certificate for expired", cause: reason,
        nextStep: "renew it, and compare the clocks")
    }
    if ConnectionEnding.certificateAlerts.contains(where: { reason.contains($0) }) {
      return FleetError(
        .certificateUnusable, "the hub at \(address) refused this client's certificate", cause: reason,
        nextStep: "enrol again if the hub's authority has changed")
    }
    return FleetError(.unavailable, "the connection to the hub at \(address) failed", cause: reason)
  }

  private static let certificateAlerts = [
    "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_CERTIFICATE_REVOKED", "ALERT_CERTIFICATE_REQUIRED", "ALERT_ACCESS_DENIED", "ALERT_DECRYPT_ERROR",
  ]

  /// The reasons out of BoringSSL's error text, which surrounds each with numbers and the place in its source; any
  /// other text as it is.
  private static func reason(of text: String) -> String {
    let marker = "OPENSSL_internal:"
    let reasons = text.split(separator: marker).dropFirst().map { $0.prefix { !$0.isWhitespace } }
    return reasons.isEmpty ? text : reasons.joined(separator: ", ")
  }
}
