/// How far a long piece of work is, for people who wait for it.
///
/// Says nothing of work that is done before anybody wonders. What it returns is written to standard error as it is.
public struct ProgressLine: Sendable {
  /// When something is said, in seconds of work.
  public enum Pace {
    /// The first words on a terminal: what takes less is done before they are read.
    public static let terminalPatience = 0.5
    /// The time between two redrawings: five a second are seen as a movement.
    public static let terminalInterval = 0.2
    /// The first line in a log, where every line stays.
    public static let logPatience = 10.0
    /// The time between two lines in a log.
    public static let logInterval = 10.0
  }

  private let what: String
  private let isTerminal: Bool
  private var next: Double
  private var isShown = false

  /// - Parameters:
  ///   - what: what is counted, such as "apps rendered".
  ///   - isTerminal: whether one line is redrawn in place, and taken away at the end.
  public init(_ what: String, isTerminal: Bool) {
    self.what = what
    self.isTerminal = isTerminal
    next = isTerminal ? Pace.terminalPatience : Pace.logPatience
  }

  /// What to write now that so much is done; nil when it is not the time.
  /// - Parameter seconds: since the work began.
  public mutating func text(done: Int, of total: Int, at seconds: Double) -> String? {
    guard seconds >= next, done < total else { return nil }
    next = seconds + (isTerminal ? Pace.terminalInterval : Pace.logInterval)
    isShown = true
    let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 0
    let line = "\(done) of \(total) \(what) (\(percent) %)"
    return isTerminal ? "\r\(line)\u{1b}[K" : "\(line)\n"
  }

  /// What to write when the work is over, or before anything else is written; nil when there is nothing to take away.
  public mutating func end() -> String? {
    defer { isShown = false }
    return isShown && isTerminal ? "\r\u{1b}[K" : nil
  }
}
