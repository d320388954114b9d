/// How often a repository is looked at.
public struct PollSettings: Sendable, Hashable {
  /// Between the end of one look and the begin of the next.
  public var interval: Duration
  /// The share of each wait by which it is shortened or lengthened at random, so that many hubs do not ask at once.
  public var jitter: Double
  /// The longest wait after failures; each one in a row doubles the wait.
  public var longestBackoff: Duration
  /// The least wait, however often somebody pokes.
  public var minimumGap: Duration

  public init(
    interval: Duration = .seconds(30), jitter: Double = 0.1, longestBackoff: Duration = .seconds(300),
    minimumGap: Duration = .seconds(1)
  ) {
    self.interval = interval
    self.jitter = jitter
    self.longestBackoff = longestBackoff
    self.minimumGap = minimumGap
  }
}

/// When to look next. Knows no clock and no randomness of its own.
struct PollSchedule: Sendable {
  /// How long to wait before the next look.
  struct Wait: Hashable, Sendable {
    /// Sat out, whatever happens.
    let atLeast: Duration
    /// After that, ended early by a poke.
    let atMost: Duration
  }

  private let settings: PollSettings
  /// Failures in a row.
  private(set) var failures = 0

  init(_ settings: PollSettings) { self.settings = settings }

  /// The look succeeded; `random` is in 0..<1.
  mutating func succeeded(random: Double) -> Wait {
    failures = 0
    return wait(settings.interval, random)
  }

  /// The look failed; `random` is in 0..<1.
  mutating func failed(random: Double) -> Wait {
    failures += 1
    return wait(backoff, random)
  }

  private var backoff: Duration {
    let longest = max(settings.longestBackoff, settings.interval)
    var delay = settings.interval
    // The first failure waits as long as a success would have.
    for _ in 1..<max(1, failures) {
      guard delay < longest else { break }
      delay += delay
    }
    return min(delay, longest)
  }

  private func wait(_ delay: Duration, _ random: Double) -> Wait {
    let jitter = Self.share(settings.jitter)
    let jittered = delay * (1 - jitter + 2 * jitter * Self.share(random))
    let least = max(.zero, settings.minimumGap)
    return Wait(atLeast: least, atMost: max(jittered, least))
  }

  // No duration times a NaN exists.
  private static func share(_ number: Double) -> Double { number.isNaN ? 0 : min(max(number, 0), 1) }
}
