import Foundation
import LocalFleet
import Programs

/// What the hub and an idle agent hold in memory, and what it is.
enum MemoryBenchmark: Benchmark {
  static let name = "memory"
  static let summary = "resident memory, idle, after the first release of Examples/acme"
  /// Long enough for what was only needed to start to have been given back.
  private static let settling: Duration = .seconds(10)

  static func run() async throws {
    try await AcmeFleet.with(logLevel: "warning") { acme in
      try await Task.sleep(for: settling)
      let agents = try acme.clusters.map { try Memory(of: acme.fleet.cluster($0).agent.identifier) }
      let hub = try Memory(of: acme.fleet.hub.identifier)
      let agent = agents.sorted { $0.resident < $1.resident }[agents.count / 2]
      agent.show(as: "agent (median of \(agents.count))")
      hub.show(as: "hub of \(agents.count) clusters")
      Row.print("hub / agent", Row.ratio(Double(hub.resident) / Double(max(1, agent.resident))))
    }
  }
}

/// A process's memory by what it is, in kilobytes (proc(5): smaps, status).
///
/// A host that reclaims idle memory moves some of it to swap: that is counted as resident, or idling would look like
/// thrift. Pages of files are dropped instead, which is why the highest resident size stands beside it.
struct Memory {
  var resident = 0
  var highest = 0
  /// As the kernel counts it (VmRSS), without what was moved to swap.
  var counted = 0
  /// Of files: the program and the libraries it maps.
  var program = 0
  /// What it allocated.
  var allocated = 0
  var stacks = 0

  init(of process: Int32) throws {
    var kind = \Memory.allocated
    for line in try Memory.text(of: "/proc/\(process)/smaps").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first?.contains("-") == true, words.count >= 5 {
        let name = words.count > 5 ? words[5] : ""
        kind = name.hasPrefix("/") ? \.program : name.hasPrefix("[stack") ? \.stacks : \.allocated
      } else if words.first == "Rss:" || words.first == "Swap:", words.count > 1, let size = Int(words[1]) {
        resident += size
        self[keyPath: kind] += size
      }
    }
    let status = try Memory.text(of: "/proc/\(process)/status")
    highest = status.firstMatch(of: /VmHWM:\s+(\d+)/).flatMap { Int($0.1) } ?? 0
    counted = status.firstMatch(of: /VmRSS:\s+(\d+)/).flatMap { Int($0.1) } ?? 0
  }

  /// A file of /proc to its end: each read gives but a part of one, and its size is said to be 0.
  private static func text(of path: String) throws -> String {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    var bytes = Data()
    while let part = try file.read(upToCount: 65_536), !part.isEmpty { bytes += part }
    return String(decoding: bytes, as: UTF8.self)
  }

  func show(as name: String) {
    Row.print(name, Row.megabytes(resident))
    Row.print("  at most since it began", Row.megabytes(highest))
    Row.print("  program and libraries", Row.megabytes(program))
    Row.print("  allocated", Row.megabytes(allocated))
  }
}
