import FleetModel
import Foundation
import Manifests

/// What the suite wants to be now.
enum ReferenceTime {
  /// Unix seconds in TUF_REFERENCE_TIME, else the system's clock.
  ///
  /// Under libfaketime, with which the suite sets the time, a Swift process has no arguments and its timers never fire,
  /// so the script `client` tells the time in the environment. No other program reads that variable: in an agent it
  /// would be a way around expiry.
  static func now() throws(FleetError) -> Timestamp {
    guard let text = ProcessInfo.processInfo.environment["TUF_REFERENCE_TIME"] else {
      return Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
    }
    guard let seconds = Int64(text) else {
      throw FleetError(FleetError.Code("reference-time"), "TUF_REFERENCE_TIME is no number of seconds")
    }
    return Timestamp(seconds: seconds)
  }
}
