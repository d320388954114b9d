/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The text form is RFC 3339 in UTC. Nothing here reads a clock: instants are passed in.
public struct Timestamp: Hashable, Sendable, Comparable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  public init(seconds: Int64) { milliseconds = seconds.multipliedReportingOverflow(by: 1000).partialValue }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// This instant moved by a span; clamped to what 64 bits hold.
  public static func + (instant: Timestamp, span: Duration) -> Timestamp {
    let (sum, overflow) = instant.milliseconds.addingReportingOverflow(span.inMilliseconds)
    return Timestamp(milliseconds: overflow ? (span < .zero ? .min : .max) : sum)
  }

  public static func - (instant: Timestamp, span: Duration) -> Timestamp { instant + (.zero - span) }

  /// How long after `earlier` this instant is.
  public func since(_ earlier: Timestamp) -> Duration {
    .milliseconds(milliseconds.subtractingReportingOverflow(earlier.milliseconds).partialValue)
  }
}

extension Duration {
  /// This span in whole milliseconds, rounded toward zero; clamped to what 64 bits hold.
  public var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? .min : .max }
    return whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
  }
}
