/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The text form is RFC 3339 in UTC. Nothing here reads a clock: instants are passed in. Arithmetic is clamped to what
/// 64 bits hold, never wrapped: an instant that is too far away is still far away.
public struct Timestamp: Hashable, Sendable, Comparable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  public init(seconds: Int64) { milliseconds = seconds.multipliedClamped(by: 1000) }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// This instant moved by a span.
  public static func + (instant: Timestamp, span: Duration) -> Timestamp {
    Timestamp(milliseconds: instant.milliseconds.addingClamped(span.inMilliseconds))
  }

  public static func - (instant: Timestamp, span: Duration) -> Timestamp {
    Timestamp(milliseconds: instant.milliseconds.subtractingClamped(span.inMilliseconds))
  }

  /// How long after `earlier` this instant is.
  public func since(_ earlier: Timestamp) -> Duration {
    .milliseconds(milliseconds.subtractingClamped(earlier.milliseconds))
  }
}

extension Duration {
  /// This span in whole milliseconds, rounded toward zero; clamped to what 64 bits hold.
  public var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds.multipliedClamped(by: 1000).addingClamped(attoseconds / 1_000_000_000_000_000)
  }
}

extension Int64 {
  fileprivate func multipliedClamped(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    guard overflow else { return product }
    return (self < 0) == (factor < 0) ? .max : .min
  }

  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}
