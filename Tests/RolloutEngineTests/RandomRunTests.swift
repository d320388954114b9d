import Foundation
import Testing

@testable import RolloutEngine
@testable import RolloutRules

@Suite("Random fleets, failures, disconnections, commits and edits")
struct RandomRunTests {
  /// More for a night: `FLOTILLA_RUNS=20000 swift test --filter RandomRunTests`; other runs with `FLOTILLA_SEED`.
  static let runs = setting("FLOTILLA_RUNS") ?? 32
  static let firstSeed = UInt64(setting("FLOTILLA_SEED") ?? 1)

  @Test("no rule of the transition table is broken, and every run ends", arguments: 0..<8)
  func rulesHold(_ share: Int) {
    for run in stride(from: share, to: Self.runs, by: 8) {
      let seed = Self.firstSeed &+ UInt64(run)
      let commands = Self.commands(seed: seed)
      let limit = Self.dueLimit(seed: seed)
      guard let violation = Self.violation(commands, limit) else { continue }
      let shortest = Self.shrink(commands, limit, breaking: violation)
      let broken = Self.violation(shortest, limit) ?? violation
      Issue.record("seed \(seed), \(commands.count) commands, shrunk to \(shortest.count): \(broken)\n\(shortest)")
      return
    }
  }

  @Test(
    "runs that once ended with a finding no longer do",
    arguments: [
      501535, 502307, 502316, 507246, 900305, 1_000_433, 1_000_545, 1_001_738, 1_002_320, 1_010_303, 1_011_661,
      1_020_985, 1_021_109, 1_030_264, 1_031_000, 1_051_851, 1_052_230, 2_000_007, 2_000_544, 2_000_601, 2_000_878,
      2_001_364, 2_002_311, 3_000_616, 3_001_008, 3_004_011,
    ] as [UInt64])
  func findings(_ seed: UInt64) throws {
    _ = try RandomRun.play(Self.commands(seed: seed), dueLimit: Self.dueLimit(seed: seed))
  }

  /// Every other run does what is due app by app.
  private static func dueLimit(seed: UInt64) -> Int { seed % 2 == 0 ? 1 : RolloutLimits.dueAtOnce }

  static func commands(seed: UInt64) -> [Command] {
    var randomness = Randomness(seed: seed)
    let count = 100 + Int(randomness.next() % 400)
    return (0..<count).map { _ in Command.random(&randomness) }
  }

  static func violation(_ commands: [Command], _ dueLimit: Int) -> Violation? {
    do {
      _ = try RandomRun.play(commands, dueLimit: dueLimit)
      return nil
    } catch let violation as Violation {
      return violation
    } catch {
      return Violation("no error", "\(error)")
    }
  }

  /// Enough for a run to become readable, and few enough for a person to wait.
  private static let shrinkTries = 150

  /// Takes away what the violation does not need, half of it at a time, then less.
  static func shrink(_ commands: [Command], _ dueLimit: Int, breaking violation: Violation) -> [Command] {
    var rest = commands
    var size = rest.count / 2
    var tries = 0
    while size > 0 {
      var start = 0
      while start < rest.count, tries < Self.shrinkTries {
        tries += 1
        var shorter = rest
        shorter.removeSubrange(start..<min(start + size, rest.count))
        if Self.violation(shorter, dueLimit)?.rule == violation.rule { rest = shorter } else { start += size }
      }
      size /= 2
    }
    return rest
  }

  private static func setting(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}
