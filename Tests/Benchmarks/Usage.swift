import CMalloc
import Foundation
import Glibc

/// What something took of the machine.
struct Usage {
  /// In milliseconds.
  var wall = 0.0
  /// User and system time of all threads, in milliseconds.
  var processor = 0.0
  /// Highest resident size, in kilobytes.
  var memory = 0

  /// What a piece of work in this process takes; memory is the highest that the whole process comes to meanwhile.
  static func measure<Result>(_ body: () async throws -> Result) async throws -> (Result, Usage) {
    Usage.forgetHighest()
    let processor = Usage.processorTime
    let start = ContinuousClock.now
    let result = try await body()
    let wall = (ContinuousClock.now - start) / .milliseconds(1)
    return (result, Usage(wall: wall, processor: Usage.processorTime - processor, memory: try Usage.highest))
  }

  /// What the program at a path takes from its start to its end, what it prints being thrown away.
  ///
  /// A child begins with the highest resident size of the process that starts it, so that is the least its memory can be.
  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, usage: Usage) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [Int32(1), 2] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var texts: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var process: pid_t = 0
    let start = ContinuousClock.now
    guard posix_spawn(&process, program, &actions, nil, &texts, environ) == 0 else {
      throw NotStarted(program: program)
    }
    var status: Int32 = 0
    var used = rusage()
    guard wait4(process, &status, 0, &used) == process else { throw NotStarted(program: program) }
    let wall = (ContinuousClock.now - start) / .milliseconds(1)
    return (status, Usage(wall: wall, processor: used.processor, memory: Int(used.ru_maxrss)))
  }

  struct NotStarted: Error, CustomStringConvertible {
    var program: String
    var description: String { "\(program) cannot be run" }
  }

  /// The highest resident size since the last call of `forgetHighest`, in kilobytes.
  static var highest: Int { get throws { try Memory(of: getpid()).highest } }

  /// Gives back what is free, and lets the highest resident size count from now on.
  static func forgetHighest() {
    malloc_trim(0)
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }

  private static var processorTime: Double {
    var used = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &used)
    return used.processor
  }
}

extension rusage {
  /// In milliseconds.
  fileprivate var processor: Double {
    let seconds = Double(ru_utime.tv_sec + ru_stime.tv_sec)
    return seconds * 1000 + Double(ru_utime.tv_usec + ru_stime.tv_usec) / 1000
  }
}
