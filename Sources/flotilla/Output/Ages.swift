import FleetModel
import Glibc
import Programs

/// How long ago an instant of the wire was, as people say it; `never` for 0.
func age(_ unixMilliseconds: Int64, now: Timestamp = .now) -> String {
  guard unixMilliseconds != 0 else { return "never" }
  return span(seconds: max(0, (now.milliseconds - unixMilliseconds) / 1000))
}

/// When an instant of the wire will be, as people say it.
func due(_ unixMilliseconds: Int64, now: Timestamp = .now) -> String {
  let seconds = (unixMilliseconds - now.milliseconds) / 1000
  return seconds <= 0 ? "now" : "in \(span(seconds: seconds))"
}

private func span(seconds: Int64) -> String {
  switch seconds {
  case ..<120: return "\(seconds)s"
  case ..<7200: return "\(seconds / 60)m"
  case ..<172_800: return "\(seconds / 3600)h"
  default: return "\(seconds / 86_400)d"
  }
}
