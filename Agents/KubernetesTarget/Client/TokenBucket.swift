/// Lets so many requests a second pass in the long run, and a burst at once. Pure: the time is passed in.
struct TokenBucket: Sendable {
  let perSecond: Double
  let burst: Double
  private var tokens: Double
  private var filled: Duration

  /// - Parameter now: time since any fixed instant.
  init(perSecond: Double, burst: Int, now: Duration) {
    self.perSecond = max(perSecond, 0.001)
    self.burst = Double(max(burst, 1))
    tokens = self.burst
    filled = now
  }

  /// Takes a token, which may have to be earned first: how long to wait for it.
  mutating func take(now: Duration) -> Duration {
    let elapsed = max(.zero, now - filled)
    filled = max(now, filled)
    tokens = min(burst, tokens + elapsed / .seconds(1) * perSecond) - 1
    return tokens >= 0 ? .zero : .seconds(-tokens / perSecond)
  }
}
