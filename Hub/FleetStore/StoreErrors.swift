public import Manifests

/// The kinds of failure that the store adds.
extension FleetError.Code {
  /// The database or its directory cannot be opened, read or written.
  public static let storeUnavailable = FleetError.Code("store-unavailable")
  /// The disk, or the space that the database may take, is full.
  public static let storeFull = FleetError.Code("store-full")
  /// What is stored is not what was stored: a checksum, a digest or the database's own structure does not hold.
  public static let storeDamaged = FleetError.Code("store-damaged")
  /// More writes wait than the store takes in; try again later.
  public static let storeBusy = FleetError.Code("store-busy")
  /// The store was written by a newer program than this one.
  public static let storeNewer = FleetError.Code("store-newer")
  /// The act contradicts what is stored; the message says what.
  public static let storeConflict = FleetError.Code("store-conflict")
  /// The caller's task was cancelled while it read.
  public static let storeCancelled = FleetError.Code("store-cancelled")

  /// No such cluster.
  public static let clusterUnknown = FleetError.Code("cluster-unknown")
  /// No such operator.
  public static let operatorUnknown = FleetError.Code("operator-unknown")
  /// No such join token.
  public static let tokenUnknown = FleetError.Code("token-unknown")
  /// The join token's time is over.
  public static let tokenExpired = FleetError.Code("token-expired")
  /// The join token was used with another key, or its reply may no longer be repeated.
  public static let tokenUsed = FleetError.Code("token-used")
}
