public import Logging

/// Looks at a repository again and again: at an interval with jitter, later and later while it fails, at once when poked.
public final class RepositoryWatcher<WaitClock: Clock>: Sendable where WaitClock.Duration == Duration {
  private let fetch: @Sendable () async -> SourceUpdate
  private let settings: PollSettings
  private let clock: WaitClock
  private let random: @Sendable () -> Double
  private let logger: Logger
  private let wakeup = Wakeup()

  /// `random` gives numbers in 0..<1 for the jitter.
  public convenience init(
    source: GitSource, clock: WaitClock, random: @escaping @Sendable () -> Double, logger: Logger
  ) {
    self.init(
      fetch: { await source.fetch() }, settings: source.settings.polling, clock: clock, random: random, logger: logger)
  }

  init(
    fetch: @escaping @Sendable () async -> SourceUpdate, settings: PollSettings, clock: WaitClock,
    random: @escaping @Sendable () -> Double, logger: Logger
  ) {
    self.fetch = fetch
    self.settings = settings
    self.clock = clock
    self.random = random
    self.logger = logger
  }

  /// Asks for a look as soon as the minimum gap allows; for webhooks and operators. Never blocks.
  public func poke() { wakeup.signal() }

  /// Looks and hands over what came, until the task is cancelled.
  ///
  /// The first look is at once. The next one waits until `handle` has returned, so updates never pile up; a poke while
  /// `handle` works is kept. At most one `run` at a time.
  public func run(_ handle: @Sendable (SourceUpdate) async -> Void) async {
    var schedule = PollSchedule(settings)
    while !Task.isCancelled {
      let update = await fetch()
      if Task.isCancelled { return }
      await handle(update)
      let wait = update.error == nil ? schedule.succeeded(random: random()) : schedule.failed(random: random())
      if update.error != nil {
        logger.debug(
          "looking at the repository again later",
          metadata: [
            "failures": "\(schedule.failures)", "wait": "\(wait.atMost)",
          ])
      }
      await sleep(wait)
    }
  }

  private func sleep(_ wait: PollSchedule.Wait) async {
    try? await clock.sleep(for: wait.atLeast)
    await withTaskGroup { group in
      group.addTask { [clock] in try? await clock.sleep(for: wait.atMost - wait.atLeast) }
      group.addTask { [wakeup] in await wakeup.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
