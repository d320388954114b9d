/// When something that failed is tried again: doubling delays with jitter, up to a bound.
///
/// Pure: the random share is passed in.
public struct RetrySchedule: Sendable, Hashable {
  public var first: Duration
  public var longest: Duration
  private(set) var failures = 0

  public init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  /// Forgets past failures.
  public mutating func succeeded() { failures = 0 }

  /// Counts a failure and returns how long to wait; `random` is between 0 and 1.
  ///
  /// The delay lies between half and the whole of the doubled one, so that a fleet that failed together does not come
  /// back together.
  public mutating func failed(random: Double) -> Duration {
    failures += 1
    // 2^30 times any first delay is beyond every bound in use; the shift itself must not overflow.
    let doubled = min(longest, first * (1 << min(failures - 1, 30)))
    return doubled / 2 + doubled / 2 * min(max(random, 0), 1)
  }
}
