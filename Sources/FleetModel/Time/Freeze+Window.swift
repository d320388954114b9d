/// How far a time zone is ahead of UTC at an instant, in seconds.
public typealias ZoneOffset = (_ timeZone: String, _ instant: Timestamp) -> Int64

extension Freeze {
  /// Whether a text has the form of an IANA name: `UTC`, `Europe/Berlin`, `America/Argentina/Buenos_Aires`.
  public static func mayBeTimeZone(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return text.utf8.count <= 64
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy { byte in
            (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
              || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
          }
      }
  }

  /// Where a freeze's window stands at an instant.
  public struct Window: Hashable, Sendable {
    public var isOpen: Bool
    /// When it opens or closes next; nil where that is not within sight.
    public var until: Timestamp?
  }

  /// Windows that follow each other without a gap are one; more of them than this are taken to stay open.
  private static let joinedWindows = 1_000

  /// Where the window stands at an instant. A local time that the clock skips counts as the instant at which it is
  /// skipped, one that comes twice as its first.
  public func window(at now: Timestamp, offset: @escaping ZoneOffset) -> Window {
    guard let cron = CronSchedule(schedule) else { return Window(isOpen: true, until: nil) }
    let starts = Starts(cron: cron, timeZone: timeZone, offset: offset)
    var next = starts.next(after: now + (.zero - duration))
    guard let first = next, first <= now else { return Window(isOpen: false, until: next) }
    var end = first + duration
    for _ in 0..<Freeze.joinedWindows {
      next = starts.next(after: next ?? now)
      guard let start = next, start <= end else { return Window(isOpen: true, until: end) }
      end = start + duration
    }
    return Window(isOpen: true, until: nil)
  }
}

/// The instants at which a schedule begins, by the clock of a time zone.
private struct Starts {
  let cron: CronSchedule
  let timeZone: String
  let offset: ZoneOffset

  /// Offsets change by no more than this.
  private static let longestShift: Duration = .seconds(86_400)

  func next(after instant: Timestamp) -> Timestamp? {
    var minute = localMinute(instant) - minutesPutBack(around: instant)
    while let local = cron.next(after: minute) {
      let start = self.instant(of: local)
      if start > instant { return start }
      minute = local
    }
    return nil
  }

  /// By how much the local clock is put back about now: what it says then it has said before.
  private func minutesPutBack(around instant: Timestamp) -> Int64 {
    let before = offset(timeZone, instant + (.zero - Starts.longestShift))
    let after = offset(timeZone, instant + Starts.longestShift)
    return max(0, before - after, after - before) / 60
  }

  private func localMinute(_ instant: Timestamp) -> Int64 {
    (instant.milliseconds + offset(timeZone, instant) * 1000).quotientRoundedDown(by: 60_000).0
  }

  private func instant(of minute: Int64) -> Timestamp {
    let asUTC = Timestamp(milliseconds: minute * 60_000)
    let before = offset(timeZone, asUTC + (.zero - Starts.longestShift))
    let after = offset(timeZone, asUTC + Starts.longestShift)
    for ahead in [max(before, after), min(before, after)] {
      let instant = asUTC + .seconds(-ahead)
      if offset(timeZone, instant) == ahead { return instant }
    }
    // Skipped: by the offset that was in force until then it is the instant of the shift, or a little after.
    return asUTC + .seconds(-before)
  }
}
