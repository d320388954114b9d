internal import FleetModel
internal import FleetStore
public import Manifests
internal import ReleasePipeline
internal import RolloutEngine
internal import Trust
public import Wire

/// Which gRPC status a client of any make gets for which kind of error.
///
/// A kind that is not here and not Wire's is FAILED_PRECONDITION: the request was understood, and something in the state
/// of the fleet prevents it.
public enum HubStatuses {
  public static let table: [FleetError.Code: WireStatus] = [
    // What is named does not exist.
    .clusterNotDeclared: .notFound, .clusterUnknown: .notFound, .rolloutUnknown: .notFound,
    .appNotDeclared: .notFound, .releaseUnknown: .notFound, .objectUnknown: .notFound, .operatorUnknown: .notFound,

    // The caller may not.
    .operatorRefused: .permissionDenied,

    // Who asks does not prove to be who they say.
    .tokenUnknown: .unauthenticated, .tokenExpired: .unauthenticated, .tokenUsed: .unauthenticated,
    .badSignature: .unauthenticated,

    // What was sent is wrong whatever the state of the fleet.
    .invalidToken: .invalidArgument, .invalidCertificate: .invalidArgument, .invalidKey: .invalidArgument,
    .invalidField: .invalidArgument, .missingField: .invalidArgument, .unknownField: .invalidArgument,
    .invalidJSON: .invalidArgument, .limitExceeded: .resourceExhausted,

    // The state of the fleet is against it.
    .illegalEvent: .failedPrecondition, .storeConflict: .failedPrecondition, .reportRefused: .failedPrecondition,
    .wrongAudience: .permissionDenied,

    // It can be tried again.
    .storeBusy: .resourceExhausted, .storeFull: .resourceExhausted, .storeUnavailable: .unavailable,
    .hubStopping: .unavailable, .storeCancelled: .cancelled,

    .notSupportedYet: .unimplemented,

    // The hub's own fault.
    .storeDamaged: .internalError, .storeNewer: .internalError, .logBroken: .internalError,
    .auditChainBroken: .internalError, .cryptoFailed: .internalError,
  ]
}
