internal import GRPCCore
internal import Logging
public import Manifests

// How an error crosses the wire: as gRPC's status and message for any client, and whole in a trailer for ours.

extension FleetError.Code {
  /// What was asked for is not there.
  public static let notFound = FleetError.Code("not-found")
  /// The request itself is wrong, whatever the state of the fleet.
  public static let invalidRequest = FleetError.Code("invalid-request")
  /// The request does not fit the state of the fleet.
  public static let conflict = FleetError.Code("conflict")
  /// The caller may not do this.
  public static let permissionDenied = FleetError.Code("permission-denied")
  /// The caller must show a certificate.
  public static let certificateRequired = FleetError.Code("certificate-required")
  public static let certificateExpired = FleetError.Code("certificate-expired")
  public static let certificateRevoked = FleetError.Code("certificate-revoked")
  /// A certificate of the right authority that is no identity of this fleet.
  public static let certificateUnusable = FleetError.Code("certificate-unusable")
  /// The other side cannot be reached, or the connection was lost.
  public static let unavailable = FleetError.Code("unavailable")
  /// No answer within the time that the caller gave.
  public static let timedOut = FleetError.Code("timed-out")
  /// The caller gave up.
  public static let callCancelled = FleetError.Code("call-cancelled")
  /// More was asked for than a limit allows.
  public static let resourceExhausted = FleetError.Code("resource-exhausted")
  /// The other side does not know the method: it is older or newer.
  public static let notSupported = FleetError.Code("not-supported")
  /// Something failed inside the other side.
  public static let internalFailure = FleetError.Code("internal-failure")
}

/// Which gRPC status stands for which kind of error. Whoever serves calls adds the kinds of the modules beneath it.
public enum WireStatus: Sendable {
  case notFound, invalidArgument, failedPrecondition, alreadyExists, permissionDenied, unauthenticated, unavailable
  case deadlineExceeded, cancelled, resourceExhausted, unimplemented, internalError

  fileprivate static let known: [(FleetError.Code, WireStatus)] = [
    (.notFound, .notFound), (.invalidRequest, .invalidArgument), (.conflict, .failedPrecondition),
    (.permissionDenied, .permissionDenied), (.certificateRequired, .unauthenticated),
    (.certificateExpired, .unauthenticated), (.certificateRevoked, .permissionDenied),
    (.certificateUnusable, .unauthenticated), (.unavailable, .unavailable), (.timedOut, .deadlineExceeded),
    (.callCancelled, .cancelled), (.resourceExhausted, .resourceExhausted), (.notSupported, .unimplemented),
    (.internalFailure, .internalError), (.wireTooLarge, .resourceExhausted), (.wireMalformed, .invalidArgument),
    (.wireInvalidText, .invalidArgument),
  ]

  fileprivate var code: RPCError.Code {
    switch self {
    case .notFound: .notFound
    case .invalidArgument: .invalidArgument
    case .failedPrecondition: .failedPrecondition
    case .alreadyExists: .alreadyExists
    case .permissionDenied: .permissionDenied
    case .unauthenticated: .unauthenticated
    case .unavailable: .unavailable
    case .deadlineExceeded: .deadlineExceeded
    case .cancelled: .cancelled
    case .resourceExhausted: .resourceExhausted
    case .unimplemented: .unimplemented
    case .internalError: .internalError
    }
  }
}

/// The status of each kind of error.
struct WireStatuses: Sendable {
  static let standard = WireStatuses([:])

  private let table: [FleetError.Code: WireStatus]

  init(_ additional: [FleetError.Code: WireStatus]) {
    table = additional.merging(WireStatus.known) { added, _ in added }
  }

  /// A kind without a status of its own is FAILED_PRECONDITION: the request was understood, and something in the state
  /// of things prevents it.
  fileprivate subscript(code: FleetError.Code) -> RPCError.Code { (table[code] ?? .failedPrecondition).code }
}

extension FleetError {
  /// The trailer that carries an `ErrorDetail`.
  static let trailer = "flotilla-error-bin"

  /// The error as gRPC sends it.
  func rpcError(_ statuses: WireStatuses = .standard) -> RPCError {
    let detail: [UInt8] = FlotillaV1.ErrorDetail(cut()).encoded()
    var metadata = Metadata()
    metadata.addBinary(detail, forKey: FleetError.trailer)
    return RPCError(code: statuses[code], message: FleetError.cut("\(self)", to: 2 << 10), metadata: metadata)
  }

  /// The error with every text cut to what fits: both sides bound trailers, NIO to 16 KiB in all, and one that is too
  /// long would cost the call its status.
  private func cut() -> FleetError {
    func cut(_ text: String?) -> String? { text.map { FleetError.cut($0, to: 512) } }
    return FleetError(
      Code(FleetError.cut(code.rawValue, to: 128)), FleetError.cut(message, to: 1 << 10),
      at: Address(
        file: cut(address.file), line: address.line, column: address.column, field: cut(address.field),
        cluster: cut(address.cluster), app: cut(address.app), object: cut(address.object)),
      cause: FleetError.cut(cause, to: 1 << 10), nextStep: FleetError.cut(nextStep, to: 512))
  }

  private static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    // A character cut in two reads as U+FFFD.
    return String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + "…"
  }

  /// The error that a failed call carries, or the nearest there is for what another implementation sent.
  init(_ error: RPCError) {
    if let bytes = error.metadata[binaryValues: FleetError.trailer].first(where: { _ in true }),
      let detail = try? FlotillaV1.ErrorDetail(wire: Array(bytes)), !detail.code.isEmpty
    {
      self = FleetError(detail)
      return
    }
    let known = WireStatus.known.first { $0.1.code == error.code }?.0
    self.init(
      known ?? .internalFailure, error.message.isEmpty ? "the call failed with \(error.code)" : error.message,
      cause: error.cause.map { "\($0)" } ?? "")
  }
}

extension Error {
  /// What a caller or handler gets to see of an error from gRPC: a `FleetError`, or `CancellationError`.
  var asCallFailure: any Error {
    switch self {
    case is FleetError, is CancellationError: self
    case let error as RPCError where error.cause is CancellationError: CancellationError()
    case let error as RPCError: FleetError(error)
    case let error as RuntimeError:
      FleetError(.unavailable, error.message, cause: error.cause.map { "\($0)" } ?? "")
    default: FleetError(.unavailable, "the connection was lost", cause: "\(self)")
    }
  }
}

extension CallDetails {
  /// What a client gets for what a handler threw.
  func rpcError(for error: any Error, calling method: String) -> RPCError {
    switch error {
    case let error as FleetError: return error.rpcError(statuses)
    case let error as RPCError: return error
    case is CancellationError where isStopping():
      return FleetError(.unavailable, "the server is stopping", nextStep: "connect again").rpcError()
    case is CancellationError: return FleetError(.callCancelled, "the call was cancelled").rpcError()
    default:
      // Anything else is a defect on this side. Its text may hold anything, so it goes to the log alone.
      logger.error("handler failed", metadata: ["method": "\(method)", "error": "\(error)"])
      return FleetError(.internalFailure, "the server failed to handle the call").rpcError()
    }
  }
}
