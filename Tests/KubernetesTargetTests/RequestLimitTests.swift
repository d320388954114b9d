import Testing

@testable import KubernetesTarget

@Suite("Requests are held back: a burst passes at once, then a rate, and only so many at once")
struct RequestLimitTests {
  @Test("a burst passes at once, then tokens have to be earned")
  func bucket() {
    var bucket = TokenBucket(perSecond: 10, burst: 3, now: .zero)
    let first = (0..<3).map { _ in bucket.take(now: .zero) }
    #expect(first == [.zero, .zero, .zero])
    #expect(bucket.take(now: .zero) == .milliseconds(100))
    #expect(bucket.take(now: .zero) == .milliseconds(200))
    #expect(bucket.take(now: .seconds(10)) == .zero)
  }

  @Test("a clock that steps back gives nothing away")
  func clockStepsBack() {
    var bucket = TokenBucket(perSecond: 1, burst: 1, now: .seconds(10))
    #expect(bucket.take(now: .seconds(10)) == .zero)
    #expect(bucket.take(now: .zero) == .seconds(1))
    #expect(bucket.take(now: .seconds(10)) == .seconds(2))
  }

  @Test("no more than the limit run at once, and all of them run")
  func concurrency() async {
    let limiter = RequestLimiter(perSecond: 1e6, burst: 1_000, concurrency: 3)
    let gauge = Gauge()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          _ = await limiter.run {
            await gauge.enter()
            await Task.yield()
            await gauge.leave()
          }
        }
      }
    }
    #expect(await gauge.passed == 50)
    #expect(await gauge.most <= 3)
    #expect(await gauge.most > 1)
  }

  @Test("a task that is cancelled while it waits gets no turn and takes none")
  func cancellation() async {
    let limiter = RequestLimiter(perSecond: 1e6, burst: 1_000, concurrency: 1)
    let (gate, open) = AsyncStream<Void>.makeStream()
    let (entered, enter) = AsyncStream<Void>.makeStream()
    let holder = Task {
      await limiter.run {
        enter.finish()
        for await _ in gate {}
      }
    }
    for await _ in entered {}
    let waiter = Task { await limiter.run { true } }
    waiter.cancel()
    #expect(await waiter.value == nil)
    open.finish()
    _ = await holder.value
    #expect(await limiter.run { true } == true)
  }
}

private actor Gauge {
  private var inside = 0
  private(set) var most = 0
  private(set) var passed = 0

  func enter() {
    inside += 1
    most = max(most, inside)
  }

  func leave() {
    inside -= 1
    passed += 1
  }
}
