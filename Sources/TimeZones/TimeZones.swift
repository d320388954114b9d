public import FleetModel
import Foundation
internal import Manifests

/// The time zones of the world, as Foundation knows them.
public enum TimeZones {
  /// Whether there is a time zone of this IANA name.
  public static func exist(named name: String) -> Bool { TimeZone(identifier: name) != nil }

  /// How far a zone is ahead of UTC at an instant, in seconds; as UTC where there is no such zone.
  public static func offset(of name: String, at instant: Timestamp) -> Int64 {
    guard let zone = TimeZone(identifier: name) else { return 0 }
    let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
    return Int64(zone.secondsFromGMT(for: date))
  }
}
