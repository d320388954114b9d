import Foundation
import Programs

/// `make bench`: every benchmark, or those named as arguments, of which `kubernetes` means all that begin so. Prints;
/// asserts nothing, for machines are noisy.
@main
struct BenchmarkProgram {
  static var all: [any Benchmark.Type] {
    [
      TreeWalkBenchmark.self, KustomizeBenchmark.self, RenderBenchmark.self, FleetBenchmark.self, PathBenchmark.self,
      MemoryBenchmark.self,
      KubernetesApplyBenchmark.self, KubernetesHealBenchmark.self, KubernetesAppsBenchmark.self,
      KubernetesFootprintBenchmark.self, ScaleBenchmark.self, RolloutsBenchmark.self, StagedLoadBenchmark.self,
      ParallelLoadBenchmark.self, AgentsLoadBenchmark.self,
    ]
  }

  static func main() async {
    let names = Array(CommandLine.arguments.dropFirst())
    if let unknown = names.first(where: { name in !all.contains { $0.isMeant(by: name) } }) {
      StandardStreams.complain("no benchmark \(unknown); there are: \(all.map { $0.name }.joined(separator: ", "))")
      exit(2)
    }
    for benchmark in all where names.isEmpty || names.contains(where: benchmark.isMeant) {
      StandardStreams.print("\(benchmark.name): \(benchmark.summary)")
      do {
        try await benchmark.run()
      } catch {
        StandardStreams.complain("\(benchmark.name) failed: \(error)")
        exit(1)
      }
    }
  }
}

/// One thing that is measured. A speed is shown as a ratio of two things measured side by side in one run.
protocol Benchmark {
  static var name: String { get }
  static var summary: String { get }
  static func run() async throws
}

extension Benchmark {
  static func isMeant(by text: String) -> Bool { name == text || name.hasPrefix("\(text)-") }
}

/// Where the benchmarks find things.
enum Place {
  /// Our programs, built beside this one.
  static let programs = URL(filePath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    .deletingLastPathComponent().path
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static var acme: String { "\(project)/Examples/acme" }
}

enum Row {
  /// A line of a benchmark's table.
  static func print(_ what: String, _ figure: String) {
    StandardStreams.print("  " + what.padding(toLength: max(44, what.count), withPad: " ", startingAt: 0) + figure)
  }

  static func milliseconds(_ value: Double) -> String { String(format: "%8.1f ms", value) }
  static func microseconds(_ value: Double) -> String { String(format: "%8.1f µs", value) }
  static func ratio(_ value: Double) -> String { String(format: "%8.2f x", value) }
  static func megabytes(_ kilobytes: Int) -> String { String(format: "%8.1f MB", Double(kilobytes) / 1024) }
}

extension Array where Element == Double {
  /// The middle one; 0 of none.
  var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
