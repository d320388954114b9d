import Foundation
import GRDB
import Manifests
import Synchronization
import TestSupport
import Testing

@testable import FleetStore

@Suite("Writes that come together share a transaction", .timeLimit(.minutes(1)))
struct WriteQueueTests {
  func withQueue(_ body: (WriteQueue, DatabasePool) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let pool = try DatabasePool(path: directory + "/test.sqlite")
      try await pool.write { try $0.execute(sql: "CREATE TABLE t (n INTEGER PRIMARY KEY)") }
      try await body(WriteQueue(pool: pool), pool)
      try pool.close()
    }
  }

  func rowCount(_ pool: DatabasePool) async throws -> Int? {
    try await pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t") }
  }

  /// Holds the writer up until it is let go, so that what is submitted meanwhile waits.
  final class Obstacle: Sendable {
    let semaphore = DispatchSemaphore(value: 0)
    init(in pool: DatabasePool) { pool.asyncWriteWithoutTransaction { [semaphore] _ in semaphore.wait() } }
    func remove() { semaphore.signal() }
  }

  @Test("one that fails takes nothing of the others with it")
  func failure() async throws {
    try await withQueue { queue, pool async throws in
      let obstacle = Obstacle(in: pool)
      let failures = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            do {
              try await queue.perform { database in
                try database.run("INSERT INTO t VALUES (?)", number)
                if number % 10 == 0 { throw FleetError(.storeConflict, "no") }
              }
              return false
            } catch {
              return true
            }
          }
        }
        obstacle.remove()
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(failures == 10)
      #expect(try await rowCount(pool) == 90)
    }
  }

  @Test("when too many wait, what may be shed is refused and what may not gets in")
  func shedding() async throws {
    try await withQueue { queue, pool async throws in
      let obstacle = Obstacle(in: pool)
      let count = WriteLimits.waiting + 500
      let outcome = await withTaskGroup(of: FleetError.Code?.self) { group in
        for number in 0..<count {
          group.addTask {
            do throws(FleetError) {
              _ = try await queue.perform(sheds: true) { try $0.run("INSERT INTO t VALUES (?)", number) }
              return nil
            } catch {
              return error.code
            }
          }
        }
        var codes: [FleetError.Code?] = []
        // The writer stands still, so only what was refused can have ended.
        while codes.count < 500, let code = await group.next() { codes.append(code) }
        group.addTask {
          do throws(FleetError) {
            _ = try await queue.perform { try $0.run("INSERT INTO t VALUES (-1)") }
            return nil
          } catch {
            return error.code
          }
        }
        obstacle.remove()
        for await code in group { codes.append(code) }
        return codes
      }
      #expect(outcome.count { $0 == .storeBusy } == 500)
      #expect(outcome.count { $0 == nil } == WriteLimits.waiting + 1)
      #expect(
        try await rowCount(pool) == WriteLimits.waiting + 1)
    }
  }

  private final class Order: Sendable {
    let numbers = Mutex<[Int]>([])
  }

  @Test("what the hub itself decided goes before what peers sent")
  func order() async throws {
    try await withQueue { queue, pool async throws in
      let obstacle = Obstacle(in: pool)
      // More than one transaction takes.
      let sent = WriteLimits.batch * 2
      let order = Order()
      try await withThrowingTaskGroup { group in
        for number in 0...sent {
          if number == sent {
            while queue.waiting < sent { try await Task.sleep(for: .milliseconds(1)) }
          }
          group.addTask {
            try await queue.perform(sheds: number < sent) { _ in order.numbers.withLock { $0.append(number) } }
          }
        }
        while queue.waiting <= sent { try await Task.sleep(for: .milliseconds(1)) }
        obstacle.remove()
        try await group.waitForAll()
      }
      #expect(order.numbers.withLock(\.first) == sent)
      #expect(order.numbers.withLock { $0.sorted() } == Array(0...sent))
    }
  }

  @Test("a write goes on when its caller's task is cancelled")
  func cancelled() async throws {
    try await withQueue { queue, pool async throws in
      let obstacle = Obstacle(in: pool)
      let task = Task { try await queue.perform { try $0.run("INSERT INTO t VALUES (1)") } }
      task.cancel()
      obstacle.remove()
      #expect(try await task.value == 1)
      #expect(try await rowCount(pool) == 1)
    }
  }

  @Test("what was handed over before closing is carried out, what comes later is refused")
  func closing() async throws {
    try await withQueue { queue, pool async throws in
      try await withThrowingTaskGroup { group in
        for number in 0..<1000 {
          group.addTask {
            do throws(FleetError) {
              _ = try await queue.perform { try $0.run("INSERT INTO t VALUES (?)", number) }
            } catch {
              #expect(error.code == .storeUnavailable)
            }
          }
        }
        await queue.close()
        let atClosing = try await rowCount(pool)
        try await group.waitForAll()
        #expect(try await rowCount(pool) == atClosing)
      }
      await refuses(.storeUnavailable) { _ = try await queue.perform { try $0.run("INSERT INTO t VALUES (-1)") } }
    }
  }
}
